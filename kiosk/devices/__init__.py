"""The machine's devices: small Protocols, each with a real and a simulated twin."""
