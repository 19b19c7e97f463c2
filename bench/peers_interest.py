# SPDX-License-Identifier: MIT
"""PyTorch peers of bench_interest; started by it, see python_peer.hpp.

peers_interest.py CLOCK THREADS PEER FOLDER BATCH   reads samples and first parameters from FOLDER/*.npy, prints its name,
and then answers every line of standard input with "<milliseconds of one epoch> loss <its mean>, at most <memory>".

"mcca" is MCCA as one writes it: the scorer reads [item; query] at every place, Adam moves the whole tables.
"mcca_same_algebra" does what sidera does: a scorer whose first layer is cut in two, applied once to every different item
of the batch, and SparseAdam, which moves only the rows that a batch has touched; its losses agree with sidera's to a few
thousandths, not to rounding.
"""
import resource
import sys

import torch
import torch.nn.functional as F

from peers_torch import clock, load, number as batch, peer

same_algebra = peer == "mcca_same_algebra"
modal, joint = ("text", "audio"), "joint"
interests = [("text", joint), ("audio", joint), (joint, joint), ("id", "id")]


def parameter(name):
    return torch.nn.Parameter(load(name))


history, target, label = load("history").long(), load("target").long()[:, 0], load("label")
tables = {v: torch.nn.Embedding.from_pretrained(load(f"{v}.table"), freeze=False, sparse=same_algebra)
          for v in (*modal, joint, "id")}
rows = {v: load(f"codes.{v}").long() + torch.arange(3) * 64 for v in (*modal, joint)}
scorers = {keys: [parameter(f"interest.{keys}.{n}") for n in ("key", "query", "bias", "out.weight", "out.bias")]
           for keys, _ in interests}
tower = [(parameter(f"tower.{i}.weight"), parameter(f"tower.{i}.bias")) for i in range(3)]


def embed(view, items):
    return tables[view](items) if view == "id" else tables[view](rows[view][items]).sum(-2)


def plain(ids, targets):
    valid, ids = (ids >= 0).float(), ids.clamp(min=0)
    parts = []
    for keys, query in interests:
        key, w_query, bias, out, out_bias = scorers[keys]
        e, q = embed(keys, ids), embed(query, targets)
        x = torch.cat([e, q[:, None].expand_as(e)], 2)
        a = torch.relu(x @ torch.cat([key, w_query]) + bias) @ out + out_bias
        parts.append((a[:, :, 0] * valid)[:, None] @ e)
    return [p[:, 0] for p in parts]


def economical(ids, targets):
    valid = (ids >= 0).float()
    # padding looks at an item that is there anyway: no other row is touched
    items, places = torch.unique(torch.where(ids >= 0, ids, ids.max()), return_inverse=True)
    parts, known = [], {v: embed(v, targets) for v in (joint, "id")}
    for keys, query in interests:
        key, w_query, bias, out, out_bias = scorers[keys]
        e = embed(keys, items)
        hidden = torch.relu((e @ key)[places] + (known[query] @ w_query + bias)[:, None])
        a = (hidden @ out)[:, :, 0] + out_bias
        parts.append(((a * valid)[:, None] @ e[places])[:, 0])
    return parts


def logits(ids, targets):
    parts = (economical if same_algebra else plain)(ids, targets)
    x = torch.cat([*parts, embed("id", targets), embed(joint, targets)], 1)
    for i, (weight, bias) in enumerate(tower):
        x = torch.addmm(bias[0], x, weight)
        x = torch.relu(x) if i < 2 else x
    return x


dense = [p for ps in (*scorers.values(), *tower) for p in ps]
looked_up = [t.weight for t in tables.values()]
if same_algebra:
    optimizers = [torch.optim.Adam(dense, lr=5e-4, fused=True), torch.optim.SparseAdam(looked_up, lr=5e-4)]
else:
    optimizers = [torch.optim.Adam(dense + looked_up, lr=5e-4, fused=True)]
blas = "MKL" if torch.backends.mkl.is_available() else "OpenBLAS"
name = ", the same algebra, SparseAdam" if same_algebra else ", plain, Adam"
print(f"PyTorch {torch.__version__}{name} ({blas}, {torch.backends.cpu.get_cpu_capability()})", flush=True)
for epoch, _ in enumerate(sys.stdin):
    order = load(f"order.{epoch}").long()[:, 0]
    start, total = clock(), 0.0
    for which in order.split(batch):
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss = F.binary_cross_entropy_with_logits(logits(history[which], target[which]), label[which])
        loss.backward()
        for optimizer in optimizers:
            optimizer.step()
        total += loss.item() * len(which)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{1e3 * (clock() - start):.6f} loss {total / len(order):.6f}, at most {memory} MiB", flush=True)
