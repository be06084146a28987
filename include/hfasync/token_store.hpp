// The tokens kept on this machine: the same two files as Python's huggingface_hub.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace hfasync {

/// The token file (the active token, no newline) and `stored_tokens` (an INI file: one section per name, with
/// the key `hf_token`). Both are replaced whole and have mode 0600; a folder that has to be made has 0700.
/// Changes to the stored tokens hold the lock `stored_tokens.lock`. Reads and writes block; calls need none
/// of them, since they get their token through HubOptions.
class TokenStore {
public:
    /// `stored_file`: beside the token file when absent.
    explicit TokenStore(std::filesystem::path token_file,
                        std::optional<std::filesystem::path> stored_file = std::nullopt);

    const std::filesystem::path& token_file() const noexcept { return token_file_; }
    const std::filesystem::path& stored_file() const noexcept { return stored_file_; }

    /// What the token file holds; nothing when it is missing, empty or not readable.
    std::optional<std::string> active() const;
    /// The stored tokens by name. \throws OSError, ValueError for a file that is not an INI file
    std::map<std::string, std::string> tokens() const;
    /// The name of the active token; nothing when it is not among the stored ones.
    std::optional<std::string> active_name() const;

    /// Stores a token under a name, replacing the one it had.
    /// \throws ValueError for a name or a token that the file cannot hold; OSError
    void keep(const std::string& name, const std::string& token) const;
    /// Makes a stored token the active one. \throws ValueError for an unknown name; OSError
    void activate(const std::string& name) const;
    /// Forgets a stored token; when it is the active one, the token file is deleted too.
    /// \throws ValueError for an unknown name; OSError
    void forget(const std::string& name) const;
    /// Deletes both files. \returns whether there was one \throws OSError
    bool forget_all() const;

private:
    std::filesystem::path token_file_;
    std::filesystem::path stored_file_;
};

} // namespace hfasync
