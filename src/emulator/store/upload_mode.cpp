#include "emulator/store/upload_mode.hpp"

#include <initializer_list>

namespace hfasync::emulator::store {

UploadDecision decide_upload(const UploadQuestion& file, const LfsRules& lfs, const IgnoreRules& ignore,
                             std::uint64_t threshold)
{
    const bool binary = file.sample.find('\0') != std::string::npos;
    return {.lfs = file.size > 0 && (file.size >= threshold || lfs.is_lfs(file.path) ||
                                     (binary && file.size > binary_threshold)),
            .ignored = ignore.ignores(file.path)};
}

namespace {

void append_rules(std::string& out, std::initializer_list<std::string_view> patterns)
{
    for (const std::string_view pattern : patterns)
        out.append(pattern).append(" filter=lfs diff=lfs merge=lfs -text\n");
}

} // namespace

std::string default_gitattributes(bool dataset)
{
    std::string out;
    append_rules(
        out, {"*.7z", "*.arrow", "*.bin", "*.bz2", "*.ckpt", "*.ftz", "*.gz", "*.h5", "*.joblib", "*.lfs.*"});
    if (dataset) append_rules(out, {"*.lz4", "*.mds"});
    append_rules(out, {"*.mlmodel", "*.model",  "*.msgpack",     "*.npy",
                       "*.npz",     "*.onnx",   "*.ot",          "*.parquet",
                       "*.pb",      "*.pickle", "*.pkl",         "*.pt",
                       "*.pth",     "*.rar",    "*.safetensors", "saved_model/**/*",
                       "*.tar.*",   "*.tar",    "*.tflite",      "*.tgz",
                       "*.wasm",    "*.xz",     "*.zip",         "*.zst",
                       "*tfevents*"});
    if (!dataset) return out;
    out += "# Audio files - uncompressed\n";
    append_rules(out, {"*.pcm", "*.sam", "*.raw"});
    out += "# Audio files - compressed\n";
    append_rules(out, {"*.aac", "*.flac", "*.mp3", "*.ogg", "*.wav"});
    out += "# Image files - uncompressed\n";
    append_rules(out, {"*.bmp", "*.gif", "*.png", "*.tiff"});
    out += "# Image files - compressed\n";
    append_rules(out, {"*.jpg", "*.jpeg", "*.webp"});
    out += "# Video files - compressed\n";
    append_rules(out, {"*.mp4", "*.webm"});
    return out;
}

} // namespace hfasync::emulator::store
