"""What the comparisons with Python share: the library's main classes, and a model folder as a PyTorch model."""
import json, os, statistics, subprocess, time
import torch

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def command(main, *arguments):
    modules = ["examples", "safety-bench", "safety-attacks", "safety-defenses", "safety-datasets", "safety-core"]
    path = ":".join(os.path.join(ROOT, m, "target", "classes") for m in modules)
    path += ":" + open(os.path.join(ROOT, "examples", "target", "cp")).read()
    return ["java", "-Dai.djl.offline=true", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", path,
            "org.safety4j.bench.jmh." + main, *map(str, arguments)]


def java(main, *arguments):
    """Runs a main class with all that it depends on, and returns the fields of its lines."""
    lines = subprocess.run(command(main, *arguments), check=True, capture_output=True, text=True).stdout.strip().split("\n")
    return [line.split("\t") for line in lines]


class Server:
    """A main class that stays, runs the task that is asked for and answers with milliseconds and more fields."""

    def __init__(self, main, *arguments):
        self.process = subprocess.Popen(command(main, *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, task):
        self.process.stdin.write(task + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit("%s ended at %s" % (self.process.args[-1], task))
        return answer.strip().split("\t")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.stdin.close()
        self.process.wait()


def milliseconds(task):
    start = time.perf_counter()
    task()
    return 1e3 * (time.perf_counter() - start)


def quartiles(values):
    """Lower quartile, median, upper quartile."""
    ordered = sorted(values)
    n = len(ordered)
    return ordered[n // 4], statistics.median(ordered), ordered[n - 1 - n // 4]


def vit_tiny(folder):
    """Writes a ViT-Tiny for 32x32 pictures with random weights."""
    from transformers import ViTConfig, ViTForImageClassification
    config = ViTConfig(hidden_size=192, num_hidden_layers=12, num_attention_heads=3, intermediate_size=768, image_size=32,
                       patch_size=4, num_labels=10)
    ViTForImageClassification(config).save_pretrained(folder, safe_serialization=True)
    json.dump({"do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": [0.5] * 3, "image_std": [0.5] * 3,
               "image_processor_type": "ViTImageProcessor", "resample": 2, "rescale_factor": 1 / 255,
               "size": {"height": 32, "width": 32}}, open(os.path.join(folder, "preprocessor_config.json"), "w"))
    return folder


class Normalised(torch.nn.Module):
    """A model folder with its normalisation inside: images in [0, 1] to logits, parameters frozen, float32."""

    def __init__(self, folder):
        super().__init__()
        self.inner = network(folder).float().eval().requires_grad_(False)
        prep = json.load(open(os.path.join(folder, "preprocessor_config.json")))
        shape = (1, -1, 1, 1)
        self.register_buffer("mean", torch.tensor(prep["image_mean"]).view(shape))
        self.register_buffer("std", torch.tensor(prep["image_std"]).view(shape))
        self.eval()

    def forward(self, x):
        return self.inner((x - self.mean) / self.std).logits


def network(folder):
    from safetensors.torch import load_file
    from transformers import AutoModelForImageClassification, ResNetConfig, ResNetForImageClassification
    config = json.load(open(os.path.join(folder, "config.json")))
    if "stem_kernel_size" not in config:
        return AutoModelForImageClassification.from_pretrained(folder)
    # The zoo's networks have a small stem, which the published class has no setting for.
    model = ResNetForImageClassification(ResNetConfig(**{k: v for k, v in config.items() if k != "architectures"}))
    kernel, stride = config["stem_kernel_size"], config["stem_stride"]
    embedder = model.resnet.embedder
    embedder.embedder.convolution = torch.nn.Conv2d(
        config["num_channels"], config["embedding_size"], kernel, stride, kernel // 2, bias=False)
    if not config["stem_pooling"]:
        embedder.pooler = torch.nn.Identity()
    model.load_state_dict(load_file(os.path.join(folder, "model.safetensors")))
    return model
