#include "interop/flows/hfasync/run.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>

#include <openssl/evp.h>

#include "emulator/plain_client.hpp"

namespace hfasync::flows {

namespace {

HubOptions base_options(const fs::path& folder)
{
    auto options = HubOptions::from_env();
    options.cache.home = folder / "home";
    options.cache.hub_cache = folder / "home/hub";
    options.cache.assets_cache = folder / "home/assets";
    options.cache.token_path = folder / "home/token";
    options.retry.base = std::chrono::milliseconds(1);
    return options;
}

/// Of somebody else: what ann has downloaded is not in the cache.
HubOptions other_user(HubOptions options, const fs::path& cache, Token token)
{
    options.cache.hub_cache = cache;
    options.token = std::move(token);
    options.ambient_token.reset();
    return options;
}

fs::path folder_of(std::string_view flow)
{
    return HubOptions::from_env().cache.home / "flows" / flow;
}

std::string hex_digest(const EVP_MD* kind, std::string_view content)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    if (EVP_Digest(content.data(), content.size(), digest, &size, kind, nullptr) != 1)
        throw std::runtime_error("no digest");
    std::string out;
    for (unsigned i = 0; i < size; ++i)
        for (const int half : {digest[i] >> 4, digest[i] & 15})
            out += "0123456789abcdef"[half];
    return out;
}

} // namespace

Failed::Failed(std::string_view what, const Where& where)
    : std::runtime_error(fs::path(where.file_name()).filename().string() + ":" +
                         std::to_string(where.line()) + ": " + std::string(what))
{
}

Run::Run(asio::io_context& context, std::string_view flow)
    : Run(context, base_options(folder_of(flow)), folder_of(flow))
{
    fs::create_directories(folder);
}

Run::Run(asio::io_context& context, HubOptions options, fs::path where)
    : context_(&context), options_(std::move(options)), state_(std::make_shared<State>()),
      folder(std::move(where)), ann_hub(context, options_), ann(ann_hub),
      bob(Hub(context, other_user(options_, folder / "home/bob", "hf_bob"))),
      nobody(Hub(context, other_user(options_, folder / "home/nobody", Token(false))))
{
}

Hub Run::hub(HubOptions options) const
{
    return Hub(*context_, std::move(options));
}

HubOptions Run::options() const
{
    return options_;
}

void Run::check(bool held, std::string_view what, const Where& where) const
{
    if (!held) throw Failed(what, where);
    count();
}

Task Run::until(std::string what, std::function<asio::awaitable<bool>()> ask, Where where) const
{
    const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    asio::steady_timer pause(co_await asio::this_coro::executor);
    while (!co_await ask()) {
        if (std::chrono::steady_clock::now() > end) throw Failed(what + ": not within a minute", where);
        pause.expires_after(std::chrono::milliseconds(50));
        co_await pause.async_wait(asio::use_awaitable);
    }
    count();
}

asio::awaitable<std::string> Run::make_repo(std::string repo_id, CreateRepoOptions options) const
{
    const auto type = options.repo_type.value_or("model");
    const auto url = co_await ann.create_repo(repo_id, options);
    delete_later(repo_id, type);
    same(url.repo_id, repo_id, "create_repo gives the id");
    co_return repo_id;
}

void Run::delete_later(std::string repo_id, std::string repo_type) const
{
    state_->repos.emplace_back(std::move(repo_id), std::move(repo_type));
}

Task Run::clean_up() const
{
    for (const auto& [id, type] : state_->repos)
        co_await ann.delete_repo(id, {.repo_type = type, .missing_ok = true});
}

asio::awaitable<CommitInfo> Run::put(std::string repo_id, std::string path, std::string content,
                                     UploadFileOptions options) const
{
    co_return co_await ann.upload_file(UploadSource::bytes(std::move(content)), std::move(path),
                                       std::move(repo_id), std::move(options));
}

asio::awaitable<CommitInfo> Run::put_all(std::string repo_id, Pairs files, CreateCommitOptions options) const
{
    std::vector<CommitOperation> operations;
    for (auto& [path, content] : files)
        operations.push_back(CommitOperationAdd(path, UploadSource::bytes(std::move(content))));
    co_return co_await ann.create_commit(std::move(repo_id), std::move(operations), "Files",
                                         std::move(options));
}

asio::awaitable<std::string> Run::get(std::string repo_id, std::string path,
                                      HfHubDownloadOptions options) const
{
    co_return read_file(
        co_await ann.hf_hub_download(std::move(repo_id), std::move(path), std::move(options)));
}

int Run::post(std::string_view path, std::string_view token, std::string_view body) const
{
    test::Headers headers{{"Content-Type", "application/json"}};
    if (!token.empty()) headers.emplace_back("Authorization", "Bearer " + std::string(token));
    return test::PlainClient(endpoint()).request("POST", path, headers, body).status;
}

int Run::remove(std::string_view path) const
{
    return test::PlainClient(endpoint()).request("DELETE", path).status;
}

std::string noise(std::size_t size, unsigned seed)
{
    std::string out(size, '\0');
    for (auto& c : out)
        c = static_cast<char>((seed = seed * 1664525u + 1013904223u) >> 24);
    return out;
}

std::string letters(std::size_t size, unsigned seed)
{
    auto out = noise(size, seed);
    for (auto& c : out)
        c = static_cast<char>('a' + static_cast<unsigned char>(c) % 26);
    return out;
}

void write_file(const fs::path& path, std::string_view content)
{
    fs::create_directories(path.parent_path());
    std::ofstream out(path, std::ios::binary);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!out.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::string read_file(const fs::path& path)
{
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> files_below(const fs::path& folder)
{
    std::vector<std::string> out;
    for (auto at = fs::recursive_directory_iterator(folder); at != fs::recursive_directory_iterator(); ++at) {
        if (at->path().filename() == ".cache")
            at.disable_recursion_pending();
        else if (at->is_regular_file())
            out.push_back(at->path().lexically_relative(folder).generic_string());
    }
    return sorted(std::move(out));
}

std::string sha256_of(std::string_view content)
{
    return hex_digest(EVP_sha256(), content);
}

std::string blob_id_of(std::string_view content)
{
    return hex_digest(EVP_sha1(),
                      "blob " + std::to_string(content.size()) + std::string(1, '\0') + std::string(content));
}

std::vector<std::string> sorted(std::vector<std::string> items)
{
    std::sort(items.begin(), items.end());
    return items;
}

std::string path_of(const TreeEntry& entry)
{
    return std::visit([](const auto& one) { return one.path; }, entry);
}

std::vector<std::string> paths(const std::vector<TreeEntry>& entries)
{
    std::vector<std::string> out;
    for (const auto& entry : entries)
        out.push_back(path_of(entry));
    return out;
}

} // namespace hfasync::flows
