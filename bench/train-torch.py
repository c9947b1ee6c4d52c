"""A training step of some backbones in PyTorch, for bench/train.js: prints the least milliseconds a step of each way to run it as JSON."""
import json
import sys
import time
import warnings

import torch
from torch import nn

PLAIN = {
    "plain-small": [(16, 2), (24, 1), (32, 2), (48, 2), (64, 1)],
    "plain-base": [(16, 1), (24, 2), (32, 1), (48, 2), (64, 1), (96, 2)],
}
# Channels, stride.
RESIDUAL = [(16, 1), (32, 2), (48, 2)]
# Channels, stride, expansion.
MOBILE = [(16, 1, 2), (24, 2, 3), (24, 1, 3), (40, 2, 3), (40, 1, 3)]


def conv_norm(inputs, out, kernel, stride=1, groups=1, relu=True):
    layers = [nn.Conv2d(inputs, out, kernel, stride, kernel // 2, groups=groups, bias=False), nn.BatchNorm2d(out)]
    return nn.Sequential(*layers, *([nn.ReLU()] if relu else []))


class Bottleneck(nn.Module):
    def __init__(self, channels, out, stride, expansion):
        super().__init__()
        inner = channels * expansion
        self.body = nn.Sequential(
            conv_norm(channels, inner, 1), conv_norm(inner, inner, 3, stride, inner), conv_norm(inner, out, 1, relu=False))
        self.residual = stride == 1 and channels == out

    def forward(self, x):
        return x + self.body(x) if self.residual else self.body(x)


class Residual(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.body = nn.Sequential(conv_norm(channels, out, 3, stride), conv_norm(out, out, 3, relu=False))
        self.shortcut = nn.Identity() if stride == 1 and channels == out else conv_norm(channels, out, 1, stride, relu=False)

    def forward(self, x):
        return nn.functional.relu(self.body(x) + self.shortcut(x))


def build(name):
    if name in PLAIN:
        layers, channels = [], 1
        for out, stride in PLAIN[name]:
            layers.append(conv_norm(channels, out, 3, stride))
            channels = out
    elif name == "mobile-small":
        layers, channels = [conv_norm(1, 16, 3, 2)], 16
        for out, stride, expansion in MOBILE:
            layers.append(Bottleneck(channels, out, stride, expansion))
            channels = out
        layers.append(conv_norm(channels, 96, 1))
        channels = 96
    elif name == "residual-small":
        layers, channels = [conv_norm(1, 16, 3, 2)], 16
        for out, stride in RESIDUAL:
            layers.append(Residual(channels, out, stride))
            channels = out
    else:
        raise SystemExit(f"no PyTorch twin of {name}")
    # Both answers: open, and whether there is an eye to see.
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 2))


def least(options, channels_last, fused, compiled):
    torch.manual_seed(1)
    torch._dynamo.reset()
    net = build(options["name"]).train()
    if channels_last:
        net = net.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.02, fused=fused)
    forward = torch.compile(net) if compiled else net
    batch, height, width = options["batch"], options["height"], options["width"]
    pixels = torch.randint(0, 256, (batch, 1, height, width), dtype=torch.uint8)
    targets = torch.stack([(torch.arange(batch) % 3 == 1).float(), (torch.arange(batch) % 3 != 2).float()], 1)
    average = [parameter.detach().clone() for parameter in net.parameters()]
    best = float("inf")
    clock = time.perf_counter if options["clock"] == "wall" else time.process_time
    for index in range(options["warmUp"] + options["steps"]):
        start = clock()
        crops = pixels.float()
        crops = crops - crops.mean((1, 2, 3), keepdim=True)
        crops = crops / torch.sqrt((crops * crops).mean((1, 2, 3), keepdim=True) + 36)
        if channels_last:
            crops = crops.contiguous(memory_format=torch.channels_last)
        loss = nn.functional.binary_cross_entropy_with_logits(forward(crops), targets)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(average, list(net.parameters()), 0.005)
        if index >= options["warmUp"]:
            best = min(best, 1000 * (clock() - start))
    return best


def main():
    warnings.filterwarnings("ignore")
    options = json.loads(sys.argv[1])
    torch.set_num_threads(options["threads"])
    build(options["name"])
    variants = {}
    for name, ways in {
        "eager": (False, False, False),
        "channels_last": (True, False, False),
        "channels_last, fused": (True, True, False),
        "compiled, fused": (False, True, True),
        "compiled, channels_last, fused": (True, True, True),
    }.items():
        try:
            variants[name] = least(options, *ways)
        except Exception as error:  # a way that this build or machine does not have
            variants[name] = str(error).strip().splitlines()[0][:120] if str(error).strip() else type(error).__name__
    print(json.dumps({"version": torch.__version__, "variants": variants}))


main()
