"""What stands in nearly every codebase: an expression that is found here tells nothing. Made up, of no product."""

from typing import Final

#: Source and configuration that has to do with nothing in particular.
TEXTS: Final = """\
import os
import sys
from typing import Any, Optional
import { readFile } from 'fs/promises';
import path from "node:path";
const server = require('./server');
export default function main(argument) { return argument; }
export class Service { constructor(private readonly name: string) {}
async run(): Promise<void> { await this.start(); } }
interface Props { id: number; title?: string }
type Result<T> = { value: T } | { error: Error };
def main() -> None:
    \"\"\"Run it.\"\"\"
    logger = logging.getLogger(__name__)
    if __name__ == "__main__":
        main()
class Config(object):
    def __init__(self, value=None, *args, **kwargs):
        self.value = value
        raise ValueError("invalid value")
    @property
    def name(self): return self._name
try:
    with open("file.txt") as handle: data = handle.read()
except Exception as error: print(f"failed: {error}")
package main
import ( "context" "fmt" "net/http" )
func main() { if err := run(context.Background()); err != nil { log.Fatal(err) } }
type Server struct { mu sync.Mutex; addr string }
use std::collections::HashMap;
pub fn new(config: &Config) -> Result<Self, Box<dyn Error>> { Ok(Self { inner: Vec::new() }) }
impl Display for Item { fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result { write!(f, "{}", self.0) } }
#[derive(Debug, Clone)] struct Item(u32);
package com.example.app;
import java.util.List;
public class Application { public static void main(String[] args) { System.out.println("hello"); } }
@Override public String toString() { return name; } private final Map<String, Object> values = new HashMap<>();
using System; namespace Example { public class Program { public async Task<int> Main() => await Run(); } }
require 'json'
module Example class Worker def perform(id) puts id end end end
defmodule Example do
  alias Example.Item
  def run(options), do: Enum.map(options, &Item.new/1)
end
<?php namespace App; use App\\Models\\User; class Controller { public function index(): array { return []; } }
SELECT id, name FROM users WHERE id = 1 ORDER BY name; CREATE TABLE items (id integer primary key, title text not null);
<!DOCTYPE html><html><head><title>Home</title><script src="main.js"></script></head>
<body><div id="app"></div></body></html>
body { margin: 0; color: #333; display: flex; } .button:hover { opacity: 0.5; }
{ "name": "app", "version": "1.0.0", "private": true, "scripts": { "start": "node index.js" }, "dependencies": {} }
{ "compilerOptions": { "target": "es2022", "module": "esnext", "strict": true }, "include": ["src"] }
version: "3"
services:
  app:
    build: .
    ports: ["8080:8080"]
    environment: { NODE_ENV: production, DATABASE_URL: "postgres://db/app", LOG_LEVEL: info }
on: [push, pull_request]
jobs: { test: { runs-on: ubuntu-latest, steps: [{ uses: actions/checkout@v4 }, { run: make test }] } }
FROM debian:12
WORKDIR /app
COPY . .
CMD ["./app"]
[project]
name = "app"
[dependencies]
apiVersion: v1
kind: Service
metadata: { name: app, labels: { app: app } }
"""
#: Commands that build scripts have everywhere.
COMMANDS: Final = """\
node index.js
node dist/main.js
npm run build
npm run dev
npm test
yarn build
npm start
python main.py
python -m app
make build
make test
rm -rf dist
echo done
mkdir -p build
cp -r src dist
./scripts/run.sh --watch
"""
