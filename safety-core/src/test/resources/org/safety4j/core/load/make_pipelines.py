"""Makes the parity fixtures pipeline-text and pipeline-pixels: tiny random pipelines in the layout of diffusers.

    pip install torch==2.7.1 transformers==4.53.3 diffusers==0.34.0 safetensors
    python make_pipelines.py OUT_FOLDER [SEED]

The text pipeline's tokenizer is the made-up vocabulary in clip-vocabulary beside this file.
"""
import os, sys
import torch
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer
from diffusers import (AutoencoderKL, DDIMInverseScheduler, DDIMPipeline, DDIMScheduler, DPMSolverMultistepScheduler, StableDiffusionPipeline,
                       UNet2DConditionModel, UNet2DModel)

out, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0
here = os.path.dirname(os.path.abspath(__file__))
PROMPTS = ["a cat, the dog", "12 things!"]


def randomise(model, seed):
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if p.dim() > 1:
                p.copy_(torch.randn(p.shape, generator=g) * (0.9 / p[0].numel() ** 0.5))
            else:
                p.copy_((1.0 if name.endswith("weight") else 0.0) + 0.1 * torch.randn(p.shape, generator=g))
    return model.eval()


def save(folder, io):
    save_file({k: v.detach().clone().contiguous() for k, v in io.items()}, os.path.join(out, folder, "io.safetensors"))


def text():
    v = os.path.join(here, "clip-vocabulary")
    tokenizer = CLIPTokenizer(os.path.join(v, "vocab.json"), os.path.join(v, "merges.txt"), pad_token="!", model_max_length=16)
    encoder = randomise(CLIPTextModel(CLIPTextConfig(vocab_size=526, hidden_size=24, intermediate_size=48, num_hidden_layers=2, num_attention_heads=3,
                        max_position_embeddings=16, bos_token_id=524, eos_token_id=525, pad_token_id=0, hidden_act="gelu")), seed + 1)
    unet = randomise(UNet2DConditionModel(sample_size=8, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=(8, 16), norm_num_groups=4,
                     down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"), up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"), cross_attention_dim=24,
                     attention_head_dim=4, freq_shift=1, flip_sin_to_cos=False, downsample_padding=0, center_input_sample=True, mid_block_scale_factor=1.5,
                     resnet_time_scale_shift="scale_shift"), seed + 2)
    vae = randomise(AutoencoderKL(in_channels=3, out_channels=3, down_block_types=("DownEncoderBlock2D",) * 2, up_block_types=("UpDecoderBlock2D",) * 2,
                    block_out_channels=(4, 8), layers_per_block=1, latent_channels=4, norm_num_groups=4, sample_size=16, scaling_factor=0.7), seed + 3)
    ddim = DDIMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, clip_sample=False, set_alpha_to_one=False, steps_offset=1)
    pipe = StableDiffusionPipeline(vae=vae, text_encoder=encoder, tokenizer=tokenizer, unet=unet, scheduler=ddim, safety_checker=None, feature_extractor=None,
                                   requires_safety_checker=False)
    pipe.set_progress_bar_config(disable=True)
    pipe.save_pretrained(os.path.join(out, "pipeline-text"), safe_serialization=True)
    g = torch.Generator().manual_seed(seed + 9)
    latents = torch.randn(2, 4, 8, 8, generator=g)
    io = {"in.latents": latents}
    kw = dict(prompt=PROMPTS, latents=latents, guidance_scale=4.0, output_type="pt")
    with torch.no_grad():
        io["out.text"] = pipe.encode_prompt(PROMPTS, "cpu", 1, False)[0]
        io["out.ddim"] = pipe(num_inference_steps=4, **kw).images
        io["out.negative"] = pipe(num_inference_steps=3, negative_prompt=["dog"] * 2, **kw).images
        io["out.alone"] = pipe(num_inference_steps=3, **{**kw, "guidance_scale": 1.0}).images
        pipe.scheduler = DPMSolverMultistepScheduler.from_config(ddim.config, use_karras_sigmas=True)
        io["out.dpm"] = pipe(num_inference_steps=5, **kw).images
        images = torch.rand(2, 3, 16, 16, generator=g); noise = torch.randn(2, 4, 8, 8, generator=g)
        z = (vae.encode(2 * images - 1).latent_dist.mean) * 0.7
        io |= {"in.images": images, "in.noise": noise, "out.encoded": z}
        inverse = DDIMInverseScheduler.from_config(ddim.config); inverse.set_timesteps(4)
        x = z.clone()
        for t in inverse.timesteps:
            x = inverse.step(unet(x, t, encoder_hidden_states=io["out.text"]).sample, t, x).prev_sample
        io["out.inverted"] = x
    # gradients of the predicted noise to latents and token embeddings
    ids = tokenizer(PROMPTS, padding="max_length", max_length=16, return_tensors="pt").input_ids
    table = encoder.text_model.embeddings.token_embedding
    tokens = table(ids).detach().requires_grad_(); x = latents.clone().requires_grad_()
    hook = table.register_forward_hook(lambda m, i, o: tokens)
    state = encoder(ids)[0]; hook.remove()
    t = torch.tensor([11, 700]); y = unet(x, t, encoder_hidden_states=state).sample
    v = torch.randn(y.shape, generator=g)
    gx, gt = torch.autograd.grad((y * v).sum(), [x, tokens])
    io |= {"in.ids": ids, "in.timesteps": t, "in.tokens": tokens, "vjp.noise": v, "out.noise": y, "grad.latents": gx, "grad.tokens": gt}
    save("pipeline-text", io)


def pixels():
    unet = randomise(UNet2DModel(sample_size=8, in_channels=1, out_channels=1, layers_per_block=1, block_out_channels=(8, 16), norm_num_groups=4,
                     down_block_types=("DownBlock2D", "AttnDownBlock2D"), up_block_types=("AttnUpBlock2D", "UpBlock2D"), attention_head_dim=None,
                     freq_shift=1, flip_sin_to_cos=False, downsample_padding=0, norm_eps=1e-6, add_attention=False), seed + 4)
    ddim = DDIMScheduler(prediction_type="v_prediction", beta_schedule="squaredcos_cap_v2", timestep_spacing="trailing", rescale_betas_zero_snr=True, clip_sample=True)
    pipe = DDIMPipeline(unet, ddim); pipe.save_pretrained(os.path.join(out, "pipeline-pixels"), safe_serialization=True)
    g = torch.Generator().manual_seed(seed + 8)
    x = torch.randn(3, 1, 8, 8, generator=g); io = {"in.latents": x}
    with torch.no_grad():
        ddim.set_timesteps(6)
        for t in ddim.timesteps:
            x = ddim.step(unet(x, t).sample, t, x).prev_sample
        io["out.ddim"] = (x / 2 + 0.5).clamp(0, 1)
        dpm, z = DPMSolverMultistepScheduler.from_config(ddim.config), io["in.latents"]
        dpm.set_timesteps(6)
        for t in dpm.timesteps:
            z = dpm.step(unet(z, t).sample, t, z).prev_sample
        io["out.dpm"] = (z / 2 + 0.5).clamp(0, 1)
        t = torch.tensor([3, 500, 998]); y = unet(io["in.latents"], t).sample
        a = ddim.alphas_cumprod[t].view(3, 1, 1, 1)
        io |= {"in.timesteps": t, "out.noise": a.sqrt() * y + (1 - a).sqrt() * io["in.latents"]}
    save("pipeline-pixels", io)


text(); pixels()
