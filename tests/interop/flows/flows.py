"""The list of flows (flows.json), read once for all that use it."""
import json
import pathlib
from dataclasses import dataclass, field

HERE = pathlib.Path(__file__).resolve().parent


@dataclass
class Client:
    id: str
    family: str
    title: str


@dataclass
class Flow:
    name: str
    does: str
    clients: list  # families
    without: dict = field(default_factory=dict)  # id of a client of such a family -> why it has no part in it

    def is_for(self, client):
        return client.family in self.clients and client.id not in self.without


def read(path=HERE / "flows.json"):
    described = json.loads(path.read_text())
    clients = [Client(**entry) for entry in described["clients"]]
    flows = [Flow(**entry) for entry in described["flows"]]
    known = {client.id for client in clients} | {client.family for client in clients}
    names = [flow.name for flow in flows]
    assert len(set(names)) == len(names), "a flow stands twice in flows.json"
    for flow in flows:
        assert flow.clients and set(flow.clients) <= known and set(flow.without) <= known, f"{flow.name}: unknown client"
    return clients, flows


def client_named(clients, name):
    found = [client for client in clients if client.id == name]
    if not found:
        raise SystemExit(f"no client {name!r} in flows.json; there are {', '.join(client.id for client in clients)}")
    return found[0]
