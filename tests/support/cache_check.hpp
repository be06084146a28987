// Looks at a cache as its next reader would: is anything there under a final name that is not what it says?
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>

namespace hfasync::test {

/// Hex digest of a file, computed apart from the library's own code. `prefix` goes first (git's blob header).
inline std::string digest_of(const std::filesystem::path& path, const EVP_MD* kind,
                             const std::string& prefix = {})
{
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    EVP_DigestInit_ex(context.get(), kind, nullptr);
    EVP_DigestUpdate(context.get(), prefix.data(), prefix.size());
    std::ifstream file(path, std::ios::binary);
    std::string buffer(1 << 20, '\0');
    while (file.read(buffer.data(), static_cast<std::streamsize>(buffer.size())), file.gcount() > 0)
        EVP_DigestUpdate(context.get(), buffer.data(), static_cast<std::size_t>(file.gcount()));
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    EVP_DigestFinal_ex(context.get(), digest, &size);
    std::string out;
    for (unsigned i = 0; i < size; ++i) {
        constexpr char digits[] = "0123456789abcdef";
        out += digits[digest[i] >> 4];
        out += digits[digest[i] & 15];
    }
    return out;
}

inline bool is_hex_name(std::string_view text, std::size_t size)
{
    return text.size() == size && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// What is wrong with a repo folder of a cache; empty when all is well. Partial downloads are well; what a
/// killed process may leave in blobs/ under names of its own is too, unless `strict`.
class CacheCheck {
public:
    struct Options {
        bool strict = true;
    };
    explicit CacheCheck(std::filesystem::path repo) : CacheCheck(std::move(repo), Options{}) {}
    CacheCheck(std::filesystem::path repo, Options options) : repo_(std::move(repo)), options_(options) {}

    std::vector<std::string> problems()
    {
        namespace fs = std::filesystem;
        if (!fs::exists(repo_)) return {};
        for (const auto& entry : fs::directory_iterator(repo_)) {
            const auto name = entry.path().filename().string();
            if (name != "blobs" && name != "refs" && name != "snapshots" && name != ".no_exist" &&
                name != "trees")
                wrong(entry.path(), "is no part of a cache");
        }
        if (fs::exists(repo_ / "blobs"))
            for (const auto& entry : fs::directory_iterator(repo_ / "blobs"))
                check_blob(entry);
        if (fs::exists(repo_ / "refs"))
            for (const auto& entry : fs::recursive_directory_iterator(repo_ / "refs"))
                if (!entry.is_directory()) check_ref(entry.path());
        if (fs::exists(repo_ / "snapshots"))
            for (const auto& commit : fs::directory_iterator(repo_ / "snapshots"))
                check_snapshot(commit);
        return std::move(problems_);
    }

private:
    void wrong(const std::filesystem::path& path, const std::string& what)
    {
        problems_.push_back(path.lexically_relative(repo_).string() + " " + what);
    }
    void check_blob(const std::filesystem::directory_entry& entry)
    {
        const auto name = entry.path().filename().string();
        if (is_hex_name(name, 64)) {
            if (digest_of(entry.path(), EVP_sha256()) != name) wrong(entry.path(), "has another sha256");
        } else if (is_hex_name(name, 40)) {
            const auto header = "blob " + std::to_string(entry.file_size()) + std::string(1, '\0');
            if (digest_of(entry.path(), EVP_sha1(), header) != name)
                wrong(entry.path(), "has another git id");
        } else if (!name.ends_with(".incomplete") && name.find(".incomplete.") == std::string::npos &&
                   options_.strict) {
            wrong(entry.path(), "was left behind");
        }
    }
    void check_ref(const std::filesystem::path& path)
    {
        std::ifstream file(path, std::ios::binary);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        if (!is_hex_name(text, 40)) wrong(path, "holds '" + text + "'");
    }
    void check_snapshot(const std::filesystem::directory_entry& commit)
    {
        namespace fs = std::filesystem;
        if (!commit.is_directory() || !is_hex_name(commit.path().filename().string(), 40))
            return wrong(commit.path(), "is no commit");
        for (const auto& entry : fs::recursive_directory_iterator(commit)) {
            if (entry.is_directory() && !entry.is_symlink()) continue;
            if (!entry.is_symlink()) {
                wrong(entry.path(), "is no link");
                continue;
            }
            const auto text = fs::read_symlink(entry.path());
            const auto target = (entry.path().parent_path() / text).lexically_normal();
            if (text.is_absolute() || target.parent_path() != (repo_ / "blobs").lexically_normal())
                wrong(entry.path(), "leads to " + text.string());
            else if (!fs::is_regular_file(target))
                wrong(entry.path(), "leads to nothing");
        }
    }

    std::filesystem::path repo_;
    Options options_;
    std::vector<std::string> problems_;
};

} // namespace hfasync::test
