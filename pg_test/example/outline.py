"""An outline that several devices edit, offline and at once: each device has a database with pg_treecrdt, and so has the
server. Devices edit when they like, and exchange operations with the server when they can.

    python3 outline.py 'dbname=server' 'dbname=laptop' 'dbname=phone'

makes the forest "outline" in each, tells a story with them, and ends with status 0 if all see the same. It needs psycopg 3.
"""

import sys

import psycopg

ROOT = "00000000-0000-0000-0000-000000000000"
COLUMNS = "replica, counter, lamport, kind, node, parent, order_key, payload, known_state"


class Device:
    """A database that holds the outline."""

    def __init__(self, name: str, conninfo: str, doc: str = "plans"):
        self.name, self.doc = name, doc
        self.db = psycopg.connect(conninfo, autocommit=True)
        self.db.execute("CREATE EXTENSION IF NOT EXISTS pg_treecrdt")
        self.db.execute("SELECT treecrdt.create_forest('outline')")

    def call(self, function: str, *arguments, **named):
        """Calls a function of the extension about the document."""
        places = ["%s"] * len(arguments) + [f"{name} => %s" for name in named]
        sql = f"SELECT treecrdt.{function}('outline', %s{''.join(', ' + it for it in places)})"
        return self.db.execute(sql, [self.doc, *arguments, *named.values()]).fetchone()[0]

    def add(self, text: str, below: str = ROOT, **place) -> str:
        return self.call("insert_node", below, text, **place)

    def rename(self, node: str, text: str):
        return self.call("set_payload", node, text)

    def move(self, node: str, below: str = ROOT, **place):
        return self.call("move_node", node, below, **place)

    def delete(self, node: str):
        return self.call("delete_node", node)

    def restore(self, node: str):
        return self.call("restore_node", node)

    def undo(self, dot) -> list:
        """Undoes one operation; gives what came of it."""
        sql = """SELECT outcome FROM treecrdt.undo('outline', %s, (SELECT treecrdt.version_vector_agg(%s, %s)))"""
        return [outcome for outcome, in self.db.execute(sql, [self.doc, dot.replica, dot.counter])]

    def version(self) -> str:
        return str(self.call("version"))

    def outline(self) -> str:
        return self.call("render", ROOT)

    def operations_since(self, known: str) -> list:
        """What somebody lacks, in canonical order."""
        sql = f"""SELECT replica, counter, lamport, kind::text, node, parent, order_key, payload, known_state::text
                  FROM treecrdt.ops_since('outline', %s, %s::treecrdt.version_vector)"""
        return self.db.execute(sql, [self.doc, known]).fetchall()

    def take(self, operations: list):
        """Adds what another has sent, in one transaction; what is there already is passed over."""
        sql = f"""INSERT INTO outline.ops (doc, {COLUMNS})
                  VALUES (%s, %s, %s, %s, %s::treecrdt.op_kind, %s, %s, %s, %s, %s::treecrdt.version_vector)
                  ON CONFLICT DO NOTHING"""
        with self.db.transaction(), self.db.cursor() as cursor:
            cursor.executemany(sql, [(self.doc, *operation) for operation in operations])


def sync(device: Device, server: Device):
    """Both have what either had."""
    server.take(device.operations_since(server.version()))
    device.take(server.operations_since(device.version()))


def register_dot(device: Device):
    """Has psycopg give treecrdt.dot as a tuple with names."""
    from psycopg.types.composite import CompositeInfo, register_composite

    register_composite(CompositeInfo.fetch(device.db, "treecrdt.dot"), device.db)


def show(title: str, *devices: Device):
    print(f"\n{title}")
    for device in devices:
        print(f"\n{device.name}\n{device.outline()}")


def main(server: str, laptop: str, phone: str):
    server, laptop, phone = Device("server", server), Device("laptop", laptop), Device("phone", phone)
    for device in (server, laptop, phone):
        register_dot(device)

    trip = server.add("trip")
    tickets = server.add("tickets", trip)
    packing = server.add("packing", trip)
    server.add("passport", packing)
    sync(laptop, server)
    sync(phone, server)
    show("All begin with the same.", phone)

    # Both are offline now.
    laptop.delete(packing)
    moved = laptop.move(tickets, before=trip)
    phone.add("sunglasses", packing)
    renamed = phone.rename(tickets, "train tickets")
    show("Offline, the laptop deletes the packing list, to which the phone adds.", laptop, phone)

    for device in (laptop, phone, laptop):
        sync(device, server)
    show("What the phone has added is not lost: the list is back.", server)

    print("\nThe laptop undoes its move:", laptop.undo(moved))
    laptop.delete(packing)
    sync(laptop, server)
    sync(phone, server)
    show("The move is undone; the list is deleted by one who has seen everything.", server)

    phone.restore(packing)
    print("\nThe phone undoes its renaming:", phone.undo(renamed))
    for device in (phone, laptop):
        sync(device, server)
    show("The list is put back, and the old name.", server)

    outlines = {device.outline() for device in (server, laptop, phone)}
    digests = {bytes(device.call("digest")) for device in (server, laptop, phone)}
    print("\nAll see the same." if len(outlines) == len(digests) == 1 else "\nThey differ!")
    return 0 if len(outlines) == len(digests) == 1 else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
