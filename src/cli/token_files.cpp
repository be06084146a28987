#include "cli/token_files.hpp"

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace hfasync::cli {

namespace {

bool is_set(const char* name)
{
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
}

} // namespace

TokenStore token_files(const HubOptions& options)
{
    constexpr const char* stored = "HF_STORED_TOKENS_PATH";
    return TokenStore(options.cache.token_path,
                      is_set(stored) ? std::optional<std::filesystem::path>(std::getenv(stored))
                                     : std::nullopt);
}

const char* token_variable()
{
    for (const char* name : {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"})
        if (is_set(name)) return name;
    return nullptr;
}

} // namespace hfasync::cli
