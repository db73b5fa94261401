//! A share of a core for the server and its PostgreSQL together: a control group of the system's.

use anyhow::Context as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the two kinds of groups are made, and by which file of a group its processor time is limited.
const ROOTS: [(&str, &str); 2] = [
    ("/sys/fs/cgroup", "cpu.max"),
    ("/sys/fs/cgroup/cpu", "cpu.cfs_quota_us"),
];

/// Processor time of a period, in microseconds: the least there is, so that the wait for the next period is short.
const QUOTA: u32 = 1_000;

/// A group, there for as long as this lives.
pub struct Group {
    dir: PathBuf,
}

impl Group {
    /// A group without a limit; none, where this system lets us make none.
    pub fn create() -> Option<Self> {
        let name = format!("bulkhead-bench-{}", std::process::id());
        ROOTS.iter().find_map(|(root, file)| {
            let dir = Path::new(root).join(&name);
            fs::create_dir(&dir).ok()?;
            let group = Self { dir };
            // Where it cannot limit anything it is dropped, and so removed.
            group.dir.join(file).exists().then_some(group)
        })
    }

    /// Takes a process in, and with it whatever it starts from now on.
    pub fn take_in(&self, process: u32) -> anyhow::Result<()> {
        self.write("cgroup.procs", process.to_string())
    }

    /// Whether a process is in it.
    pub fn has(&self, process: u32) -> anyhow::Result<bool> {
        let (all, wanted) = (self.dir.join("cgroup.procs"), process.to_string());
        Ok(fs::read_to_string(all)?.lines().any(|line| line == wanted))
    }

    /// Leaves all of it together so many percent of a core.
    pub fn limit(&self, percent: u32) -> anyhow::Result<()> {
        let period = QUOTA * 100 / percent.max(1);
        if self.dir.join("cpu.max").exists() {
            return self.write("cpu.max", format!("{QUOTA} {period}"));
        }
        self.write("cpu.cfs_period_us", period.to_string())?;
        self.write("cpu.cfs_quota_us", QUOTA.to_string())
    }

    fn write(&self, file: &str, text: String) -> anyhow::Result<()> {
        let file = self.dir.join(file);
        fs::write(&file, text).with_context(|| format!("writing {}", file.display()))
    }
}

impl Drop for Group {
    /// It is empty by then: its processes have ended.
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.dir);
    }
}
