"""Lists the tools of an MCP server and calls some, with the Python SDK.

The arguments are the server's command line. Standard input is a list of {"name", "arguments"}; printed
is {"tools": […], "results": […]}, as the SDK read them.
"""

import asyncio
import json
import os
import sys

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client


def plain(value):
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)


async def main():
    calls = json.load(sys.stdin)
    server = StdioServerParameters(command=sys.argv[1], args=sys.argv[2:], env=dict(os.environ))
    async with stdio_client(server) as (read, write), ClientSession(read, write) as session:
        await session.initialize()
        tools = (await session.list_tools()).tools
        results = [await session.call_tool(call["name"], call["arguments"]) for call in calls]
    print(json.dumps({"tools": [plain(t) for t in tools], "results": [plain(r) for r in results]}))


asyncio.run(asyncio.wait_for(main(), 60))
