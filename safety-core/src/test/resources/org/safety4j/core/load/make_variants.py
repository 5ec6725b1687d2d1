"""Makes fixtures whose models have settings that the others leave as they are: sliding windows, scaled rotary positions, untied
embeddings, and activations that the reference does not use everywhere.

    pip install torch==2.7.1 transformers==4.53.3 diffusers==0.34.0 safetensors
    python make_variants.py OUT_FOLDER [SEED]

A folder a model, in the format of the other fixtures. Language models are made anew for each output, since transformers' dynamic
scaling remembers the longest text that a model has read.
"""
import json, os, sys
import torch
from diffusers import AutoencoderKL, UNet2DModel
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM, Qwen2Config,
                          Qwen2ForCausalLM, ResNetConfig, ResNetForImageClassification)

OUT, SEED = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
WORDS = ["a long text has many positions", "windows see the last few words", "0123456789", "naïve – 漢字"] * 4
COMMON = dict(vocab_size=300, hidden_size=32, intermediate_size=48, num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2)


def scaled(kind):
    return LlamaConfig(**COMMON, max_position_embeddings=6, rope_scaling={"rope_type": kind, "factor": 8.0})


LANGUAGE = {
    "mistral": (MistralForCausalLM, MistralConfig(**COMMON, max_position_embeddings=64, sliding_window=4, head_dim=12)),
    "qwen2-window": (Qwen2ForCausalLM, Qwen2Config(**COMMON, max_position_embeddings=64, use_sliding_window=True, sliding_window=3,
                                                   max_window_layers=1)),
    "llama-linear": (LlamaForCausalLM, scaled("linear")),
    "llama-dynamic": (LlamaForCausalLM, scaled("dynamic")),
    "gpt2-untied": (GPT2LMHeadModel, GPT2Config(vocab_size=300, n_positions=64, n_embd=24, n_layer=2, n_head=3, n_inner=40,
                                                activation_function="relu", tie_word_embeddings=False))}


def tokenizer():
    t = Tokenizer(models.BPE())
    t.pre_tokenizer, t.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    t.train_from_iterator(WORDS, trainers.BpeTrainer(vocab_size=300, special_tokens=["<pad>", "<s>", "</s>"],
                                                     initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return t


def weights(model, seed):
    """Weights large enough that every part of the model shows in the output."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            fan_in = p[0].numel() if p.dim() > 1 else 20
            p.copy_(float(p.dim() == 1 and name.endswith("weight")) + 0.9 / fan_in ** 0.5 * torch.randn(p.shape, generator=g))
        for name, b in model.named_buffers():
            if name.endswith("running_mean"):
                b.copy_(0.1 * torch.randn(b.shape, generator=g))
            elif name.endswith("running_var"):
                b.copy_(0.5 + torch.rand(b.shape, generator=g))
    return model.eval()


def save(name, model, family, io):
    folder = os.path.join(OUT, name)
    model.save_pretrained(folder, safe_serialization=True)
    save_file({k: t.detach().contiguous().clone() for k, t in io.items()}, os.path.join(folder, "io.safetensors"))
    json.dump({"reference": "transformers 4.53.3, diffusers 0.34.0, torch 2.7.1, float32, CPU", "seed": SEED, "family": family,
               "architecture": type(model).__name__}, open(os.path.join(folder, "fixture.json"), "w"), indent=1)
    return folder


def gradients(inputs, outputs, g):
    """The entries of the file for inputs, outputs, cotangents and the gradients that they give."""
    cotangents = {k: torch.randn(v.shape, generator=g) for k, v in outputs.items()}
    wanted = [k for k, v in inputs.items() if v.requires_grad]
    found = torch.autograd.grad(sum((v * cotangents[k]).sum() for k, v in outputs.items()), [inputs[k] for k in wanted])
    return ({"in." + k: v for k, v in inputs.items()} | {"out." + k: v for k, v in outputs.items()}
            | {"vjp." + k: v for k, v in cotangents.items()} | {"grad." + k: v for k, v in zip(wanted, found)})


def language(name, kind, config, seed):
    state = {k: v.clone() for k, v in weights(kind(config), seed).state_dict().items()}

    def fresh():
        model = kind(config)
        model.load_state_dict(state)
        return model.eval()

    g = torch.Generator().manual_seed(seed + 100)
    ids = torch.randint(5, 300, (2, 9), generator=g)
    mask = torch.ones_like(ids)
    model = fresh()
    embeddings = model.get_input_embeddings()(ids).detach().requires_grad_()
    o = model(inputs_embeds=embeddings, attention_mask=mask, output_hidden_states=True)
    settings = dict(do_sample=False, attention_mask=mask[:1], pad_token_id=0, eos_token_id=None)
    padded, seen = ids.clone(), mask.clone()
    padded[1, :3], seen[1, :3] = 0, 0
    with torch.no_grad():
        greedy = fresh().generate(ids[:1], max_new_tokens=12, **settings)
        beam = fresh().generate(ids[:1], max_new_tokens=8, num_beams=3, **settings)
        last = fresh()(input_ids=padded, attention_mask=seen, position_ids=(seen.cumsum(-1) - 1).clamp(min=0)).logits[1, -1]
    io = gradients({"ids": ids, "embeddings": embeddings}, {"logits": o.logits, "hidden": torch.stack(o.hidden_states)}, g)
    folder = save(name, model, "CausalLm", io | {"out.greedy": greedy, "out.beam3": beam, "out.left_padded_last_logits": last})
    tokenizer().save(os.path.join(folder, "tokenizer.json"))


def resnet(seed):
    mean, std = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    model = weights(ResNetForImageClassification(ResNetConfig(
        embedding_size=8, hidden_sizes=[16, 24], depths=[1, 2], layer_type="bottleneck", hidden_act="silu", num_labels=6,
        downsample_in_first_stage=True, downsample_in_bottleneck=True)), seed)
    g = torch.Generator().manual_seed(seed + 100)
    x = torch.rand(2, 3, 40, 40, generator=g).requires_grad_()
    folder = save("resnet-silu", model, "ImageClassifier", gradients({"images": x}, {"logits": model((x - mean) / std).logits}, g))
    json.dump({"do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": mean.flatten().tolist(),
               "image_std": std.flatten().tolist(), "image_processor_type": "ConvNextImageProcessor", "resample": 2,
               "rescale_factor": 1 / 255, "size": {"height": 40, "width": 40}},
              open(os.path.join(folder, "preprocessor_config.json"), "w"), indent=1)


def denoiser(seed):
    model = weights(UNet2DModel(
        sample_size=16, in_channels=3, out_channels=3, layers_per_block=1, block_out_channels=(16, 24), norm_num_groups=8,
        down_block_types=("AttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "AttnUpBlock2D"), attention_head_dim=8,
        act_fn="gelu", resnet_time_scale_shift="scale_shift", downsample_padding=0, mid_block_scale_factor=1.5, add_attention=False,
        flip_sin_to_cos=False, freq_shift=1, center_input_sample=True), seed)
    g = torch.Generator().manual_seed(seed + 100)
    x = torch.randn(2, 3, 16, 16, generator=g).requires_grad_()
    t = torch.tensor([7, 431])
    save("unet2d-gelu", model, "DiffusionModel", gradients({"latents": x, "timesteps": t}, {"noise": model(x, t).sample}, g))


def codec(seed):
    model = weights(AutoencoderKL(
        in_channels=3, out_channels=3, down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
        block_out_channels=(8, 16), layers_per_block=1, latent_channels=4, norm_num_groups=4, sample_size=16, act_fn="gelu",
        mid_block_add_attention=False, use_quant_conv=False, use_post_quant_conv=False), seed)
    g = torch.Generator().manual_seed(seed + 100)
    x = torch.rand(2, 3, 16, 16, generator=g).requires_grad_()
    z = torch.randn(2, 4, 8, 8, generator=g).requires_grad_()
    d = model.encode(2 * x - 1).latent_dist
    save("autoencoder-gelu", model, "LatentCodec", gradients(
        {"images": x, "latents": z}, {"mean": d.mean, "logvar": d.logvar, "decoded": model.decode(z).sample}, g))


for number, (name, (kind, config)) in enumerate(LANGUAGE.items()):
    language(name, kind, config, SEED + 40 + number)
resnet(SEED + 50)
denoiser(SEED + 51)
codec(SEED + 52)
