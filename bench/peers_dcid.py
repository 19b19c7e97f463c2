# SPDX-License-Identifier: MIT
"""The PyTorch twin of bench_disentangling's DCID; started by it, see python_peer.hpp.

peers_dcid.py CLOCK THREADS dcid FOLDER STEPS   reads the batch and the first parameters from FOLDER/*.npy, prints its
name, and then answers every line of standard input with "<milliseconds per step> loss <after STEPS more steps>".
"""
import sys

import torch
import torch.nn.functional as F

from peers_torch import clock, linear, load, number as steps

views, decay, epsilon = range(2), 0.99, 1e-5


def perceptron(name, layers, norm=None):
    parts = []
    for i in range(layers):
        parts += [linear(f"{name}.{i}")] + ([torch.nn.ReLU()] if i + 1 < layers else [])
    if norm:
        parts.append(torch.nn.LayerNorm(parts[-1].out_features))
        parts[-1].weight.data, parts[-1].bias.data = load(f"{norm}.gain")[0], load(f"{norm}.bias")[0]
    return torch.nn.Sequential(*parts)


x = [load(f"x_{m}") for m in views]
batch = len(x[0])
general = [perceptron(f"general.{m}", 2, f"general.{m}.norm") for m in views]
specific = [perceptron(f"specific.{m}", 2, f"specific.{m}.norm") for m in views]
decoder = [perceptron(f"stage.decoder.{m}", 2) for m in views]
mean = [perceptron(f"club.{m}.mean", 3) for m in views]
spread = [perceptron(f"club.{m}.log_variance", 3) for m in views]
words = load("stage.codebook.words_0")
counts, sums, idle = torch.ones(len(words), dtype=torch.float64), words.double(), -torch.ones(len(words))

parameters = [p for net in general + specific + decoder for p in net.parameters()]
optimizer = torch.optim.Adam(parameters, lr=1e-3, fused=True)
predictor_parameters = [[*mean[m].parameters(), *spread[m].parameters()] for m in views]
predictor_optimizer = [torch.optim.Adam(predictor_parameters[m], lr=1e-3, fused=True) for m in views]
target = torch.arange(batch)


def info_nce(a, b):
    scores = F.normalize(a, dim=1) @ F.normalize(b, dim=1).T / 0.1
    return (F.cross_entropy(scores, target) + F.cross_entropy(scores.T, target)) / 2


def club(m, z, y):
    fixed_z, fixed_y = z.detach(), y.detach()
    for _ in range(5):
        predictor_optimizer[m].zero_grad(set_to_none=True)
        s = torch.tanh(spread[m](fixed_z))
        (((mean[m](fixed_z) - fixed_y) ** 2 * torch.exp(-s) + s).sum() / (2 * batch)).backward()
        predictor_optimizer[m].step()
    for p in predictor_parameters[m]:
        p.requires_grad_(False)
    mu, s = mean[m](z), torch.tanh(spread[m](z))
    far = (mu - y.mean(0)) ** 2 + y.var(0, unbiased=False)
    bound = ((far - (mu - y) ** 2) * torch.exp(-s)).sum() / (2 * batch)
    for p in predictor_parameters[m]:
        p.requires_grad_(True)
    return bound


def code_matching(a, b):
    pa, pb = (torch.softmax(-torch.cdist(z, words), 1) for z in (a, b))
    s = pa @ torch.log(pb + 1e-10).T + pb @ torch.log(pa + 1e-10).T
    shifted = s + (-s).max()
    return (torch.log(torch.exp(shifted).sum(1) + 1e-5) - shifted.diagonal()).mean()


@torch.no_grad()
def move_words(z, codes):
    """MM-EMA, own and other modality half each, one after the other; and how long words have not been chosen."""
    global words, counts, sums, idle
    for m in views:
        members = torch.bincount(codes[m], minlength=len(words)).double()
        counts = decay * counts + (1 - decay) * members
        total = counts.sum()
        counts = (counts + epsilon) / (total + len(words) * epsilon) * total
        moved = torch.zeros_like(sums).index_add_(0, codes[m], (0.5 * z[m] + 0.5 * z[1 - m]).double())
        sums = decay * sums + (1 - decay) * moved
    words = (sums / counts[:, None]).float()
    idle += 1
    idle[torch.cat(codes)] = 0
    assert not bool((idle > 300).any()), "a word would be reset"


def step():
    optimizer.zero_grad(set_to_none=True)
    z, y = [general[m](x[m]) for m in views], [specific[m](x[m]) for m in views]
    with torch.no_grad():
        codes = [((words ** 2).sum(1) - 2 * z[m] @ words.T).argmin(1) for m in views]
        chosen = [words[codes[m]] for m in views]
    quantised = [z[m] + (chosen[m] - z[m]).detach() for m in views]
    loss = sum(F.mse_loss(decoder[m](torch.cat([quantised[m], y[m]], 1)), x[m]) for m in views)
    loss = loss + info_nce(*z) + 0.1 * sum(club(m, quantised[m], y[m]) for m in views)
    loss = loss + sum(0.25 * F.mse_loss(z[m], chosen[m]) + 0.125 * F.mse_loss(z[m], chosen[1 - m]) for m in views)
    loss = loss + 0.5 * code_matching(*z)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    move_words([v.detach() for v in z], codes)
    optimizer.step()
    return loss.item()


blas = "MKL" if torch.backends.mkl.is_available() else "OpenBLAS"
print(f"PyTorch {torch.__version__} ({blas}, {torch.backends.cpu.get_cpu_capability()})", flush=True)
for _ in sys.stdin:
    start = clock()
    for _ in range(steps):
        value = step()
    print(f"{1e3 * (clock() - start) / steps:.6f} loss {value:.6f}", flush=True)
