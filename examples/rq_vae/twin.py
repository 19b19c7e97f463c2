# SPDX-License-Identifier: MIT
"""The same training in PyTorch: rq_vae --twin FOLDER --json FOLDER/sidera.json, then twin.py FOLDER.

Reads the rows, the first parameters and the order of the rows, trains in float64 and float32, and prints the mean loss
of each epoch beside sidera's with the relative difference. Codes are discrete: from the first row on that takes another
word, because two words are equally near but for rounding, the runs part by a little.
"""
import json
import sys

import numpy as np
import torch
from torch.nn.functional import mse_loss, relu

folder = sys.argv[1]
wanted = json.load(open(f"{folder}/sidera.json"))
batch, beta, rate = 64, 0.25, 1e-3


def train(dtype):
    def parameter(name):
        return torch.tensor(np.load(f"{folder}/{name}.npy"), dtype=dtype, requires_grad=True)

    def layers(name):
        w = [parameter(f"{name}.{i}.{part}") for i in range(2) for part in ("weight", "bias")]
        return w, lambda x: relu(x @ w[0] + w[1]) @ w[2] + w[3]

    x = torch.tensor(np.load(f"{folder}/x.npy"), dtype=dtype)
    encoder_weights, encode = layers("encoder")
    decoder_weights, decode = layers("decoder")
    books = [parameter(f"words.words_{level}") for level in range(wanted["levels"])]
    optimizer = torch.optim.Adam(encoder_weights + decoder_weights + books, lr=rate)
    losses = []
    for order in np.load(f"{folder}/order.npy"):
        steps = []
        for first in range(0, len(order), batch):
            rows = x[order[first:first + batch]]
            z = encode(rows)
            residual, words, word_loss = z.detach(), torch.zeros_like(z), 0
            for book in books:
                chosen = book[torch.cdist(residual, book.detach()).argmin(1)]
                word_loss = word_loss + mse_loss(chosen, residual)
                residual, words = residual - chosen.detach(), words + chosen.detach()
            quantised = z + (words - z).detach()
            loss = mse_loss(decode(quantised), rows) + word_loss + beta * mse_loss(z, words)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            steps.append(loss.item())
        losses.append(np.mean(steps))
    return losses


print(f"torch {torch.__version__}\nepoch   sidera    float32   difference  float64   difference")
for e, (ours, single, exact) in enumerate(zip(wanted["loss"], train(torch.float32), train(torch.float64)), 1):
    print(f"{e:5d}  {ours:.6f}  {single:.6f}  {abs(ours - single) / single:.1e}    {exact:.6f}  "
          f"{abs(ours - exact) / exact:.1e}")
