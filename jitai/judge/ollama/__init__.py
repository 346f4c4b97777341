"""Ollama: the server, the backend of the judge, errors as sentences, the management of models."""
