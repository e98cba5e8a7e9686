"""Queries the index with DuckDB and pandas, and reads the bytes that it leads to."""

import io
import sys

import duckdb
import pandas
from PIL import Image

from opened import color, load, report

data = load()["data"]
index = f"{sys.argv[2]}/index.parquet"
counts = duckdb.sql("select split, count(*), count(distinct identity) from data group by all order by all").fetchall()
rows = pandas.read_parquet(index)
pictures = []
for row in rows.iloc[::97].itertuples():
    with open(f"{row.run}/{row.path}", "rb") as file:
        file.seek(row.offset)
        pictures.append([row.identity, color(Image.open(io.BytesIO(file.read(row.bytes))))])
report(counts=counts, rows=len(rows), pictures=pictures, last=rows.iloc[-1].drop(["run", "path"]).to_dict())
