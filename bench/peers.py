# SPDX-License-Identifier: MIT
"""Peers of sidera's benchmarks that live in Python; started by the benchmark programs, see python_peer.hpp.

peers.py CLOCK THREADS PEER FOLDER ARGUMENTS...   reads FOLDER/x.npy and FOLDER/words.npy, prints its name, and then
answers every line of standard input with "<milliseconds> <note>".
"""
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")
clock_name, threads, peer, folder = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
numbers = [int(a) for a in sys.argv[5:]]
clock = time.perf_counter if clock_name == "wall" else time.process_time


def load(name):
    return np.load(f"{folder}/{name}.npy")


def blas_core():
    from threadpoolctl import threadpool_info
    return ", ".join(sorted({i["architecture"] for i in threadpool_info() if i["user_api"] == "blas"}))


def relative_error(x, back):
    return ((x - back) ** 2).sum(dtype="f8") / ((x - x.mean(0, dtype="f8")) ** 2).sum()


def import_faiss():
    import faiss
    faiss.omp_set_num_threads(threads)
    return faiss, f"faiss-cpu {faiss.__version__}"


def assign():
    faiss, name = import_faiss()
    x, words = load("x"), load("words")
    index = faiss.IndexFlatL2(x.shape[1])
    index.add(words)
    return name, lambda: index.search(x, 1), lambda: ""


def faiss_kmeans(passes):
    faiss, name = import_faiss()
    x, words = load("x"), load("words")
    model = faiss.Kmeans(x.shape[1], len(words), niter=passes, max_points_per_centroid=len(x))

    def note():
        return f"objective {model.obj[-1] / len(x):.6g}"
    return name, lambda: model.train(x, init_centroids=words), note


def sklearn_kmeans(passes):
    import sklearn
    from sklearn.cluster import KMeans
    x, words = load("x"), load("words")
    model = KMeans(len(words), init=words, n_init=1, max_iter=passes, tol=0, algorithm="lloyd")

    def note():
        return f"objective {model.inertia_ / len(x):.6g}, {model.n_iter_} passes"
    return f"scikit-learn {sklearn.__version__}", lambda: model.fit(x), note


def residual(levels, beam, lut, train):
    faiss, name = import_faiss()
    x = load("x")
    learn = load("learn")
    model = faiss.ResidualQuantizer(x.shape[1], levels, 8)
    model.max_beam_size = beam
    model.use_beam_LUT = lut
    if not train:
        model.train(learn)
        if lut:
            model.compute_codebook_tables()

    def note():
        return f"relative error {relative_error(x, model.decode(model.compute_codes(x))):.5f}"
    name += " with LUT" if lut else ""
    return name, (lambda: model.train(x)) if train else (lambda: model.compute_codes(x)), note


name, work, note = {"assign": assign, "faiss_kmeans": faiss_kmeans, "sklearn_kmeans": sklearn_kmeans,
                    "residual": residual}[peer](*numbers)
print(f"{name} ({blas_core()})", flush=True)
for _ in sys.stdin:
    start = clock()
    work()
    print(f"{1e3 * (clock() - start):.6f} {note()}", flush=True)
