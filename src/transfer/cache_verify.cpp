#include "transfer/cache_verify.hpp"

#include <algorithm>
#include <memory>
#include <mutex>

#include <fmt/format.h>

#include <hfasync/error.hpp>

#include "api/common/hub_state.hpp"
#include "async/task_group.hpp"
#include "base/encoding.hpp"
#include "base/hash.hpp"
#include "transfer/documented_cancel.hpp"

namespace hfasync {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace detail {
namespace {

constexpr std::size_t buffer_size = 256u << 10;
constexpr std::uint64_t bytes_a_visit = 8u << 20; ///< hashed before a cancel is looked at

/// The whole of a verification: bytes of all files that are hashed.
class VerifyProgress {
public:
    VerifyProgress(ProgressSink sink, std::uint64_t bytes, std::uint64_t files) : sink_(std::move(sink))
    {
        event_.phase = ProgressPhase::hash;
        event_.total = bytes;
        event_.items_total = files;
        send(ProgressKind::started);
    }
    VerifyProgress(const VerifyProgress&) = delete;
    ~VerifyProgress()
    {
        if (!ended_) event_.message = "stopped";
        if (!ended_) send(ProgressKind::failed);
    }
    void advance(std::uint64_t bytes, std::uint64_t files)
    {
        const std::scoped_lock lock(mutex_);
        event_.done += bytes;
        event_.items_done += files;
        const auto now = std::chrono::steady_clock::now();
        if (now - last_ < std::chrono::milliseconds(50)) return;
        last_ = now;
        send(ProgressKind::advanced);
    }
    void finish()
    {
        ended_ = true;
        send(ProgressKind::finished);
    }

private:
    void send(ProgressKind kind)
    {
        event_.kind = kind;
        if (sink_) sink_(event_);
    }
    ProgressSink sink_;
    std::mutex mutex_;
    ProgressEvent event_;
    std::chrono::steady_clock::time_point last_{};
    bool ended_ = false;
};

/// A file while it is hashed; used by one worker at a time.
class FileHash {
public:
    FileHash(fs::path path, const std::string& expected)
        : path_(std::move(path)), fd_(open_read(path_)), id_(file_id(fd_, path_)),
          hasher_(expected.size() == 64 ? Hasher(HashKind::sha256) : git_blob_hasher(id_.size))
    {
    }
    const FileId& id() const noexcept { return id_; }
    /// \returns bytes; 0 at the end
    std::uint64_t read_some(std::span<std::byte> buffer)
    {
        const auto start = offset_;
        while (offset_ - start < bytes_a_visit) {
            const auto size = read_at(fd_, buffer, offset_, path_);
            if (size == 0) break;
            hasher_.update(buffer.first(size));
            offset_ += size;
        }
        return offset_ - start;
    }
    /// nullopt: the file was written to meanwhile.
    std::optional<std::string> finish()
    {
        if (offset_ != id_.size || file_id(fd_, path_) != id_) return std::nullopt;
        return hasher_.finish_hex();
    }

private:
    fs::path path_;
    Fd fd_;
    FileId id_;
    Hasher hasher_;
    std::uint64_t offset_ = 0;
};

class Verification {
public:
    Verification(std::shared_ptr<Hub::State> hub, VerifyCacheOptions options, ProgressSink sink)
        : hub_(std::move(hub)), options_(std::move(options)), sink_(std::move(sink))
    {
    }

    asio::awaitable<CacheVerification> run()
    {
        co_await hub_->workers.run([this] { list(); });
        std::uint64_t bytes = 0;
        for (const auto& job : jobs_)
            bytes += job.hash ? job.file.size : 0;
        progress_.emplace(sink_, bytes, jobs_.size());
        // As many as there are threads: more would only wait for one.
        co_await for_each_index(jobs_.size(), hub_->options.worker_threads,
                                [this](std::size_t i) { return look_at(&jobs_[i]); });
        progress_->finish();
        std::ranges::sort(result_.warnings);
        for (auto& job : jobs_)
            result_.files.push_back(std::move(job.file));
        co_return std::move(result_);
    }

private:
    bool is_wanted(const CachedRepoName& name) const
    {
        if (type_ && *type_ != name.type) return false;
        return options_.repos.empty() ||
               std::ranges::find(options_.repos, name.repo_id) != options_.repos.end();
    }

    void list()
    {
        if (options_.repo_type) type_ = parse_repo_type(*options_.repo_type);
        for (const auto& repo : options_.repos)
            validate_repo_id(repo);
        const auto root = open_cache_dir(options_.cache_dir.value_or(hub_->options.cache.hub_cache));
        std::vector<std::string> seen;
        for (const auto& folder : list_cache_dir(root)) {
            const auto name = parse_repo_folder(folder.filename().string());
            if (!name || !is_wanted(*name)) continue;
            seen.push_back(name->repo_id);
            try {
                std::ranges::move(list_for_verification(folder, *name), std::back_inserter(jobs_));
            } catch (const std::exception& error) {
                warn(folder, error.what());
            }
        }
        for (const auto& repo : options_.repos)
            if (std::ranges::find(seen, repo) == seen.end())
                throw FileNotFoundError(std::make_error_code(std::errc::no_such_file_or_directory),
                                        fmt::format("The cache {} has no repo {}; `hfasync cache scan` lists "
                                                    "what it has.",
                                                    printable(root.string()), repo));
    }

    asio::awaitable<void> look_at(VerifyJob* job)
    {
        FileId seen;
        if (job->hash) seen = co_await hash(job);
        const bool bad =
            job->file.state == CacheFileState::mismatch || job->file.state == CacheFileState::missing;
        if (bad && options_.delete_bad) {
            const auto kept = co_await hub_->workers.run([&] { return delete_bad_file(*job, seen); });
            job->file.deleted = kept.empty();
            if (!kept.empty()) warn(job->file.path, kept);
        }
        progress_->advance(0, 1);
    }

    asio::awaitable<FileId> hash(VerifyJob* job)
    {
        const auto memory = co_await hub_->memory.acquire(buffer_size);
        const auto file = co_await hub_->open_files.acquire(1);
        const auto buffer = std::make_unique_for_overwrite<std::byte[]>(buffer_size);
        std::unique_ptr<FileHash> reader;
        std::string failure;
        try {
            for (std::uint64_t got = 1; got > 0;) {
                got = co_await hub_->workers.run([&] {
                    if (!reader) reader = std::make_unique<FileHash>(job->file.path, *job->file.expected);
                    return reader->read_some(std::span(buffer.get(), buffer_size));
                });
                count(got);
            }
            co_await hub_->workers.run([&] { conclude(*job, *reader); });
            co_return reader->id();
        } catch (const OSError& error) { // one bad sector is no reason to leave the rest unread
            failure = error.message();
        }
        warn(job->file.path, failure);
        co_return FileId{};
    }

    void conclude(VerifyJob& job, FileHash& reader)
    {
        job.file.actual = reader.finish();
        job.file.size = reader.id().size;
        if (!job.file.actual)
            warn(job.file.path, "it changed while it was read");
        else
            job.file.state =
                job.file.actual == job.file.expected ? CacheFileState::ok : CacheFileState::mismatch;
    }

    void count(std::uint64_t bytes)
    {
        {
            const std::scoped_lock lock(mutex_);
            result_.hashed_bytes += bytes;
        }
        progress_->advance(bytes, 0);
    }
    void warn(const fs::path& path, std::string_view why)
    {
        const std::scoped_lock lock(mutex_);
        result_.warnings.push_back(fmt::format("{}: {}", printable(path.string()), why));
    }

    std::shared_ptr<Hub::State> hub_;
    VerifyCacheOptions options_;
    ProgressSink sink_;
    std::optional<RepoType> type_;
    std::vector<VerifyJob> jobs_;
    std::optional<VerifyProgress> progress_;
    std::mutex mutex_; ///< of result_: files are hashed on several threads
    CacheVerification result_;
};

asio::awaitable<CacheVerification> run_verify(Hub hub, VerifyCacheOptions options, ProgressSink sink)
{
    Verification verification(hub.state(), std::move(options), std::move(sink));
    co_return co_await verification.run();
}

} // namespace
} // namespace detail

std::size_t CacheVerification::count(CacheFileState state) const noexcept
{
    return static_cast<std::size_t>(std::ranges::count(files, state, &VerifiedFile::state));
}

bool CacheVerification::good() const noexcept
{
    return warnings.empty() && count(CacheFileState::mismatch) == 0 && count(CacheFileState::missing) == 0;
}

asio::awaitable<CacheVerification> verify_cache(Hub hub, VerifyCacheOptions options, ProgressSink progress)
{
    return detail::documented_cancel(
        detail::run_verify(std::move(hub), std::move(options), std::move(progress)),
        "The verification was cancelled.");
}

} // namespace hfasync
