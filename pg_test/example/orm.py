"""A forest through SQLAlchemy: what its types are called there, and how its functions are called.

usage: orm.py DATABASE    (an empty one, by the PG* variables of the environment)
"""

import sys
import uuid

from sqlalchemy import Boolean, Column, Enum, ForeignKeyConstraint, LargeBinary, String, cast, create_engine, func, select
from sqlalchemy.dialects.postgresql import BIGINT, UUID
from sqlalchemy.orm import Session, declarative_base
from sqlalchemy.types import UserDefinedType

ROOT = uuid.UUID(int=0)
Base = declarative_base()
Id = UUID(as_uuid=True)
Kind = Enum("insert", "move", "delete", "tombstone", "payload", name="op_kind", schema="treecrdt", create_type=False)


class VersionVector(UserDefinedType):
    """A set of dots, as text: {"616e6e": [[1, 9]]}."""

    cache_ok = True

    def get_col_spec(self, **_):
        return "treecrdt.version_vector"


class Regnamespace(UserDefinedType):
    """The first argument of every function."""

    cache_ok = True

    def get_col_spec(self, **_):
        return "regnamespace"


outline = cast("outline", Regnamespace)


class Op(Base):
    """An operation. Insert them; they are neither updated nor deleted."""

    __tablename__ = "ops"
    __table_args__ = {"schema": "outline"}
    doc = Column(String, primary_key=True)
    replica = Column(LargeBinary, primary_key=True)
    counter = Column(BIGINT, primary_key=True)
    lamport = Column(BIGINT)
    kind = Column(Kind)
    node = Column(Id)
    parent = Column(Id)
    order_key = Column(LargeBinary)
    payload = Column(LargeBinary)
    known_state = Column(VersionVector)


class Node(Base):
    """A node of a document. Read them; what is written by hand is lost."""

    __tablename__ = "nodes"
    __table_args__ = {"schema": "outline"}
    doc = Column(String, primary_key=True)
    node = Column(Id, primary_key=True)
    parent = Column(Id)
    order_key = Column(LargeBinary)
    tombstone = Column(Boolean)
    payload = Column(LargeBinary)


class Star(Base):
    """A table of the application's, which refers to nodes."""

    __tablename__ = "stars"
    __table_args__ = (ForeignKeyConstraint(["doc", "node"], ["outline.nodes.doc", "outline.nodes.node"]),)
    doc = Column(String, primary_key=True)
    node = Column(Id, primary_key=True)


def main(database):
    engine = create_engine(f"postgresql+psycopg2:///{database}")
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE EXTENSION pg_treecrdt; SELECT treecrdt.create_forest('outline')")
        Base.metadata.create_all(connection, tables=[Star.__table__])
    with Session(engine) as session:
        # An operation that a device has minted, the first of its own.
        session.add(
            Op(doc="plan", replica=b"phone", counter=1, lamport=1, kind="insert", node=uuid.UUID(int=1), parent=ROOT,
               order_key=b"\x80", payload=b"from the phone")
        )
        session.flush()
        # And an edit that the database mints.
        insert_node = func.treecrdt.insert_node(outline, "plan", uuid.UUID(int=1), "from the server")
        node = session.execute(select(cast(insert_node, Id))).scalar_one()
        session.add(Star(doc="plan", node=node))
        session.commit()
        print(session.execute(select(func.treecrdt.render(outline, "plan"))).scalar_one())
        starred = select(Node.payload).join(Star, (Star.doc == Node.doc) & (Star.node == Node.node))
        print("starred:", bytes(session.execute(starred).scalar_one()).decode())
        version = select(cast(func.treecrdt.version(outline, "plan"), VersionVector))
        known = session.execute(version).scalar_one()
        rest = func.treecrdt.ops_since(outline, "plan", cast(known, VersionVector)).table_valued("counter")
        print("after that:", session.execute(select(func.count()).select_from(rest)).scalar_one(), "operations")


if __name__ == "__main__":
    main(sys.argv[1])
