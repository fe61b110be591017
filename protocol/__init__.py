"""The wire contract as files for any language: JSON Schemas, AsyncAPI, golden pairs, and their replayers."""
