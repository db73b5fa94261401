-- Operators correct what a call counts: one more act in their log.
alter table operator_log
    drop constraint operator_log_act_check,
    add constraint operator_log_act_check
        check (act in ('suspend', 'resume', 'enter', 'leave', 'correct'));
