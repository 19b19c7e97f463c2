# SPDX-License-Identifier: MIT
"""What the PyTorch peers share: their arguments (CLOCK THREADS PEER FOLDER NUMBER) and the numbers they start from."""
import sys
import time

import numpy as np
import torch

clock_name, threads, peer, folder, number = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])
clock = time.perf_counter if clock_name == "wall" else time.process_time
torch.set_num_threads(threads)


def load(name):
    return torch.from_numpy(np.load(f"{folder}/{name}.npy"))


def linear(name):
    weight, bias = load(f"{name}.weight"), load(f"{name}.bias")
    layer = torch.nn.Linear(*weight.shape)
    layer.weight.data, layer.bias.data = weight.T.contiguous(), bias[0].contiguous()
    return layer
