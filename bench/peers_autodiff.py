# SPDX-License-Identifier: MIT
"""PyTorch peers of bench_autodiff; started by it, see python_peer.hpp.

peers_autodiff.py CLOCK THREADS PEER FOLDER STEPS   reads data and first parameters from FOLDER/*.npy, prints its name,
and then answers every line of standard input with "<milliseconds per step> loss <after STEPS more steps>".
"""
import sys

import torch
import torch.nn.functional as F

from peers_torch import clock, linear, load, number as steps, peer


def mlp():
    x, y = load("x"), load("y")
    model = torch.nn.Sequential(linear("mlp.0"), torch.nn.ReLU(), linear("mlp.1"))
    return list(model.parameters()), lambda: F.mse_loss(model(x), y)


def gru():
    x, y = load("x").view(64, 10, 64), load("y").view(64, 10, 64)
    model = torch.nn.GRU(64, 64, batch_first=True)
    for part, ours in (("ih", "input"), ("hh", "state")):
        getattr(model, f"weight_{part}_l0").data = load(f"gru.0.forward.{ours}.weight").T.contiguous()
        getattr(model, f"bias_{part}_l0").data = load(f"gru.0.forward.{ours}.bias")[0].contiguous()
    return list(model.parameters()), lambda: F.mse_loss(model(x)[0], y)


def ctr(same_algebra=False):
    history, target, valid, y = load("history").long(), load("target").long(), load("valid"), load("y")
    batch, time_steps = valid.shape
    table = torch.nn.Embedding.from_pretrained(load("codes.table"), freeze=False)
    weights = [torch.nn.Parameter(load(f"attention.{n}")) for n in ("query", "key", "value", "out")]
    w_query, w_key, w_value, w_out = weights
    head = torch.nn.Sequential(linear("head.0"), torch.nn.ReLU(), linear("head.1"))
    dim, heads = w_query.shape[0], 4
    d = dim // heads
    history = history.view(batch, time_steps, -1)
    padding = torch.where(valid > 0, 0.0, float("-inf")).view(batch, 1, 1, time_steps)

    def projected(items, query):
        q = (query @ w_query).view(batch, heads, 1, d)
        k = (items @ w_key).view(batch, time_steps, heads, d).transpose(1, 2)
        v = (items @ w_value).view(batch, time_steps, heads, d).transpose(1, 2)
        a = torch.softmax(q @ k.transpose(2, 3) * d ** -0.5 + padding, -1)
        return (a @ v).reshape(batch, dim) @ w_out

    def absorbed(items, query):
        q = torch.einsum("bhe,dhe->bhd", (query @ w_query).view(batch, heads, d), w_key.view(dim, heads, d))
        a = torch.softmax(torch.bmm(q, items.transpose(1, 2)) * d ** -0.5 + padding[:, 0], -1)
        v = torch.einsum("bhd,dhe->bhe", torch.bmm(a, items), w_value.view(dim, heads, d))
        return v.reshape(batch, dim) @ w_out

    def loss():
        items, query = table(history).sum(2), table(target).sum(1)
        interest = (absorbed if same_algebra else projected)(items, query)
        return F.binary_cross_entropy_with_logits(head(torch.cat([interest, query], 1)), y)
    return [*table.parameters(), *weights, *head.parameters()], loss


parameters, loss = {"mlp": mlp, "gru": gru, "ctr": ctr, "ctr_same_algebra": lambda: ctr(True)}[peer]()
optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=True)
blas = "MKL" if torch.backends.mkl.is_available() else "OpenBLAS"
algebra = ", the same algebra" if peer == "ctr_same_algebra" else ""
print(f"PyTorch {torch.__version__}{algebra} ({blas}, {torch.backends.cpu.get_cpu_capability()})", flush=True)
for _ in sys.stdin:
    start = clock()
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        optimizer.step()
    print(f"{1e3 * (clock() - start) / steps:.6f} loss {value.item():.6f}", flush=True)
