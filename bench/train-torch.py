"""A training step of the plain backbones in PyTorch, for bench/train.js: prints milliseconds a step as JSON."""
import json
import statistics
import sys
import time

import torch
from torch import nn

LAYERS = {
    "plain-small": [(16, 2), (24, 1), (32, 2), (48, 2), (64, 1)],
    "plain-base": [(16, 1), (24, 2), (32, 1), (48, 2), (64, 1), (96, 2)],
}


def build(name):
    layers, channels = [], 1
    for out, stride in LAYERS[name]:
        layers += [nn.Conv2d(channels, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU()]
        channels = out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 1))


def main():
    options = json.loads(sys.argv[1])
    torch.set_num_threads(options["threads"])
    torch.manual_seed(1)
    net = build(options["name"]).train()
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.02)
    batch, height, width = options["batch"], options["height"], options["width"]
    pixels = torch.randint(0, 256, (batch, 1, height, width), dtype=torch.uint8)
    targets = (torch.arange(batch) % 2).float()
    average = [parameter.detach().clone() for parameter in net.parameters()]
    times = []
    for index in range(options["warmUp"] + options["steps"]):
        start = time.perf_counter()
        crops = pixels.float()
        crops = crops - crops.mean((1, 2, 3), keepdim=True)
        crops = crops / torch.sqrt((crops * crops).mean((1, 2, 3), keepdim=True) + 36)
        loss = nn.functional.binary_cross_entropy_with_logits(net(crops)[:, 0], targets)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            for mean, parameter in zip(average, net.parameters()):
                mean.lerp_(parameter, 0.005)
        if index >= options["warmUp"]:
            times.append(1000 * (time.perf_counter() - start))
    print(json.dumps({"ms": statistics.median(times), "version": torch.__version__}))


main()
