#include "transfer/commit_operations.hpp"

#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "base/encoding.hpp"
#include "base/path_rules.hpp"
#include "transfer/addition.hpp"

namespace hfasync {

CommitOperationAdd::CommitOperationAdd(std::string path_in_repo, UploadSource source)
    : state_(std::make_shared<detail::Addition>(
          detail::Addition{.path_in_repo = detail::checked_path_in_repo(std::move(path_in_repo)),
                           .source = std::move(source)}))
{
}

const std::string& CommitOperationAdd::path_in_repo() const noexcept
{
    return state_->path_in_repo;
}

const UploadSource& CommitOperationAdd::source() const noexcept
{
    return state_->source;
}

bool CommitOperationAdd::is_uploaded() const noexcept
{
    return state_->is_uploaded;
}

bool CommitOperationAdd::is_committed() const noexcept
{
    return state_->is_committed;
}

std::optional<std::string> CommitOperationAdd::upload_mode() const
{
    if (!state_->mode) return std::nullopt;
    return *state_->mode == detail::UploadMode::lfs ? "lfs" : "regular";
}

std::optional<std::string> CommitOperationAdd::sha256() const
{
    if (state_->sha256.empty()) return std::nullopt;
    return state_->sha256;
}

namespace detail {
namespace {

constexpr std::string_view invalid = "Invalid `path_in_repo` in CommitOperation: ";

void refuse_reserved_parts(const std::string& path)
{
    for (const std::string_view reserved : {".git", ".cache"})
        for (std::size_t begin = 0; begin <= path.size();) {
            const auto end = std::min(path.find('/', begin), path.size());
            if (std::string_view(path).substr(begin, end - begin) == reserved)
                throw ValueError(std::string(invalid) + "cannot update files under a '" +
                                     std::string(reserved) + "/' folder (path: '" + printable(path) + "').",
                                 {.path = printable(path)});
            begin = end + 1;
        }
}

std::string normalised(std::string path)
{
    const std::string given = path;
    if (path.starts_with('/')) path.erase(0, 1);
    if (path == "." || path == ".." || path.starts_with("../"))
        throw ValueError(std::string(invalid) + "'" + printable(given) + "'", {.path = printable(given)});
    if (path.starts_with("./")) path.erase(0, 2);
    return path;
}

void check(const std::string& path)
{
    refuse_reserved_parts(path);
    if (!is_valid_utf8(path))
        throw ValueError(std::string(invalid) + "the path is not UTF-8; rename the file",
                         {.path = printable(path)});
    check_repo_path(path);
}

} // namespace

std::string checked_path_in_repo(std::string path)
{
    path = normalised(std::move(path));
    check(path);
    return path;
}

std::string checked_deleted_path(std::string path)
{
    path = normalised(std::move(path));
    check(path.ends_with('/') ? path.substr(0, path.size() - 1) : path);
    return path;
}

namespace {

std::string parent_of(const std::string& path)
{
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

class Overwrites {
public:
    void add(const std::string& path)
    {
        if (written_.contains(path))
            warnings_.push_back("About to update multiple times the same file in the same commit: '" + path +
                                "'.");
        written_.insert(path);
        for (auto folder = parent_of(path); !folder.empty(); folder = parent_of(folder))
            ++below_[folder];
    }
    void remove(std::string path)
    {
        while (path.ends_with('/'))
            path.pop_back();
        if (written_.contains(path))
            warnings_.push_back(
                "About to delete a file that has just been updated within the same commit: '" + path + "'.");
        else if (below_.contains(path))
            warnings_.push_back(
                "About to delete a folder in which files were updated within the same commit: '" + path +
                "'.");
    }
    std::vector<std::string> take() { return std::move(warnings_); }

private:
    std::set<std::string> written_;
    std::map<std::string, std::size_t> below_;
    std::vector<std::string> warnings_;
};

} // namespace

std::vector<std::string> overwriting_warnings(const std::vector<CommitOperation>& operations)
{
    Overwrites overwrites;
    for (const auto& operation : operations) {
        if (const auto* added = std::get_if<CommitOperationAdd>(&operation))
            overwrites.add(added->path_in_repo());
        else if (const auto* copied = std::get_if<CommitOperationCopy>(&operation))
            overwrites.add(copied->path_in_repo);
        else
            overwrites.remove(std::get<CommitOperationDelete>(operation).path_in_repo);
    }
    return overwrites.take();
}

std::uint64_t pull_request_number(const std::string& url)
{
    constexpr std::string_view before = "/discussions/";
    const auto at = url.rfind(before);
    std::uint64_t number = 0;
    if (at != std::string::npos) {
        const char* begin = url.data() + at + before.size();
        const char* end = url.data() + url.size();
        const auto [stop, ec] = std::from_chars(begin, end, number);
        if (ec == std::errc() && stop == end) return number;
    }
    throw RuntimeError(errc::bad_response,
                       "Unexpected response from the hub, expected a Pull Request URL but got: '" +
                           redact_url(printable(url)) + "'");
}

} // namespace detail
} // namespace hfasync
