"""The official client for Python (PyPI mcp), driven by oauth-clients.mjs: one line of JSON in, lines of JSON out.

    oauth-client.py ENDPOINT NAME REDIRECT_URI [CLIENT_ID]

In:  {"call": TOOL, "arguments": {}}, or {"callback": {"code", "state", "iss"}} as an answer to {"open": URL}.
Out: {"open": URL}, {"tokens": {}}, {"seen": "POST /path 200"}, and for each call {"result": {}} or {"error": TEXT}.
"""

import asyncio
import json
import sys

import httpx2
from mcp import Client
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientMetadata


def tell(**said):
    print(json.dumps(said), flush=True)


class Memory:
    """Remembers tokens and the registration for as long as the program runs."""

    tokens = None
    client = None

    async def get_tokens(self):
        return self.tokens

    async def set_tokens(self, tokens):
        self.tokens = tokens
        tell(tokens=tokens.model_dump(mode="json"))

    async def get_client_info(self):
        return self.client

    async def set_client_info(self, client):
        self.client = client


async def main(endpoint, name, redirect_uri, client_id=None):
    calls, callbacks = asyncio.Queue(), asyncio.Queue()

    async def listen():
        while line := await asyncio.to_thread(sys.stdin.readline):
            said = json.loads(line)
            if "callback" in said:
                callbacks.put_nowait(said["callback"])
            else:
                calls.put_nowait(said)
        calls.put_nowait(None)

    async def open_browser(url):
        tell(open=url)

    async def wait_for_browser():
        return AuthorizationCodeResult(**await callbacks.get())

    async def remember(response):
        request = response.request
        tell(seen=f"{request.method} {request.url.path} {response.status_code}")

    listening = asyncio.create_task(listen())
    auth = OAuthClientProvider(
        endpoint,
        OAuthClientMetadata(client_name=name, redirect_uris=[redirect_uri], token_endpoint_auth_method="none"),
        Memory(),
        redirect_handler=open_browser,
        callback_handler=wait_for_browser,
        client_metadata_url=client_id,
    )
    async with httpx2.AsyncClient(auth=auth, timeout=30, event_hooks={"response": [remember]}) as http:
        async with Client(streamable_http_client(endpoint, http_client=http)) as client:
            while said := await calls.get():
                try:
                    result = await client.call_tool(said["call"], said.get("arguments", {}))
                    tell(result=result.structured_content, version=client.protocol_version)
                except Exception as error:  # The tests say which errors they expect.
                    tell(error=repr(error))
    await listening


asyncio.run(main(*sys.argv[1:]))
