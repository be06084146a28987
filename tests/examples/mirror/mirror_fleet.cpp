// Processes that share a Redis list, one of which is killed in the middle of its work: nothing is lost,
// nothing is committed twice, no file that was complete is transferred again.

// ctest: label=services timeout=180
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <set>

#include "redis_server.hpp"

BOOST_AUTO_TEST_SUITE(examples_mirror_fleet)

using namespace hfasync;
using namespace hfasync::tests;

namespace {

const std::string program = HFASYNC_TEST_BIN_DIR "/hfasync-mirror";
constexpr int repos = 24, files_a_repo = 10, in_flight = 8;

emulator::Options with_tokens(std::function<void(const emulator::SeenRequest&)> on_request)
{
    emulator::Options options;
    emulator::Account user{.name = "ann", .full_name = "Ann", .email = "ann@example.com"};
    for (const auto* token :
         {"hf_first", "hf_second", "hf_third"}) // one a process: requests tell whose they are
        user.tokens.push_back({.token = token, .name = token});
    user.memberships.push_back({.organization = "acme"});
    options.accounts = {user, {.name = "acme", .full_name = "Acme", .email = {}, .is_organization = true}};
    options.on_request = std::move(on_request);
    options.threads = 2;
    return options;
}

bool is_of(const emulator::SeenRequest& request, const std::string& token)
{
    for (const auto& [name, value] : request.headers)
        if (value == "Bearer " + token) return true;
    return false;
}

std::string text_of(int repo, int file)
{
    return fmt::format("{}/{}:{}", repo, file,
                       std::string(static_cast<std::size_t>(2'000 + 997 * file), 'x'));
}

/// Redis, the source, a folder, and processes of the program.
struct Fleet {
    explicit Fleet(std::function<void(const emulator::SeenRequest&)> on_request)
        : source(with_tokens(std::move(on_request)))
    {
        for (int repo = 0; repo < repos; ++repo) {
            Contents files;
            for (int file = 0; file < files_a_repo; ++file)
                files.emplace_back(fmt::format("d{}/f{}.bin", file % 3, file), text_of(repo, file));
            source.seed_repo(fmt::format("acme/r{}", repo), files);
        }
        // So that there is a middle of the work.
        source.add_fault({.method = "GET",
                          .path = "/acme/*/resolve/*",
                          .times = -1,
                          .action = emulator::FaultAction::delay,
                          .delay = std::chrono::milliseconds(60)});
    }

    void configure(const std::string& target)
    {
        std::ofstream(dir.path() / "mirror.yaml") << fmt::format(
            "source: {{endpoint: '{}', token_env: TOKEN}}\ntarget: {}\nlist: {{redis: '{}'}}\n"
            "repos: [{{model: acme/*}}]\ntransfers: {}\nfiles_at_once: 2\nlease: 2s\nretry: 100ms\n",
            source.endpoint(), target, redis.url(), in_flight);
    }
    std::unique_ptr<Process> start(const std::string& token)
    {
        return std::make_unique<Process>(std::vector<std::string>{program, "run", "--once", "--config",
                                                                  (dir.path() / "mirror.yaml").string()},
                                         dir.path() / token, std::vector<std::string>{"TOKEN=" + token});
    }
    /// GETs of files' contents, by repo and path.
    std::map<std::string, int> transfers() const
    {
        std::map<std::string, int> out;
        for (const auto& request : source.requests())
            if (const auto at = request.target.find("/resolve/");
                request.method == "GET" && at != std::string::npos) {
                const auto path = request.target.substr(at + 9);
                ++out[request.target.substr(1, at) + path.substr(path.find('/') + 1)];
            }
        return out;
    }
    mirror::Counts counts()
    {
        asio::io_context context(1);
        const auto list =
            mirror::make_redis_list(context.get_executor(), redis.config(), "test", std::chrono::seconds(1));
        return wait_for(context, list->counts());
    }

    TempFolder dir;
    RedisServer redis;
    emulator::Emulator source;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_folder)
{
    // The first process is killed when both have begun to transfer, and more is left than both have done.
    std::atomic<Process*> victim = nullptr;
    std::atomic<int> by_first = 0, by_second = 0;
    Fleet fleet([&](const emulator::SeenRequest& request) {
        if (request.method != "GET" || request.target.find("/resolve/") == std::string::npos) return;
        by_first += is_of(request, "hf_first");
        by_second += is_of(request, "hf_second");
        if (by_first < 30 || by_second < 10) return;
        if (auto* process = victim.exchange(nullptr)) process->signal(SIGKILL);
    });
    fleet.configure("{folder: out}");
    const auto first = fleet.start("hf_first");
    victim = first.get();
    const auto second = fleet.start("hf_second");
    BOOST_TEST(first->wait() == -1); // it was still at work
    // What was complete at that moment: a file, and what local_dir knows of it.
    std::set<std::string> complete;
    const auto models = fleet.dir.path() / "out/models";
    for (int repo = 0; repo < repos; ++repo)
        for (int file = 0; file < files_a_repo; ++file) {
            const auto commits = models / fmt::format("acme/r{}/.main", repo);
            const auto path = fmt::format("d{}/f{}.bin", file % 3, file);
            if (!fs::exists(commits)) continue;
            for (const auto& commit : fs::directory_iterator(commits))
                if (fs::exists(commit.path() / path) &&
                    fs::exists(commit.path() / ".cache/huggingface/download" / (path + ".metadata")))
                    complete.insert(fmt::format("acme/r{}/{}", repo, path));
        }
    BOOST_TEST(complete.size() >= 20u);
    BOOST_TEST(complete.size() < static_cast<std::size_t>(repos * files_a_repo));
    const auto third = fleet.start("hf_third"); // a fresh one joins
    BOOST_TEST(second->wait() == 0, content_of(fleet.dir.path() / "hf_second"));
    BOOST_TEST(third->wait() == 0, content_of(fleet.dir.path() / "hf_third"));
    // Nothing is lost.
    BOOST_TEST((fleet.counts() == mirror::Counts{.done = repos}));
    for (int repo = 0; repo < repos; ++repo)
        for (int file = 0; file < files_a_repo; ++file)
            BOOST_TEST(content_of(models / fmt::format("acme/r{}/main/d{}/f{}.bin", repo, file % 3, file)) ==
                       text_of(repo, file));
    // Nothing that was complete was transferred again; what was under way, once more at most.
    int again = 0;
    for (const auto& [file, times] : fleet.transfers()) {
        if (complete.contains(file)) BOOST_TEST(times == 1, file);
        BOOST_TEST(times <= 2, file);
        again += times - 1;
    }
    BOOST_TEST(fleet.transfers().size() == static_cast<std::size_t>(repos * files_a_repo));
    BOOST_TEST(again <= in_flight);
    BOOST_TEST_MESSAGE(complete.size() << " files were complete, " << again << " were begun again");
}

BOOST_AUTO_TEST_CASE(another_hub)
{
    // The first process is killed when the Hub has made its third commit, before it hears of it.
    std::atomic<Process*> first = nullptr;
    std::atomic<int> commits = 0;
    std::string last_of_first;
    std::atomic<bool> is_killed = false;
    Fleet fleet([](const emulator::SeenRequest&) {});
    emulator::Emulator target(with_tokens([&](const emulator::SeenRequest& request) {
        if (request.method != "POST" || request.target.find("/commit/") == std::string::npos) return;
        if (!is_of(request, "hf_first") || ++commits != 3) return;
        last_of_first = request.target;
        if (auto* process = first.load()) process->signal(SIGKILL);
        is_killed = true;
    }));
    fleet.configure(fmt::format("{{endpoint: '{}', token_env: TOKEN, work: work}}", target.endpoint()));
    const auto killed = fleet.start("hf_first");
    first = killed.get();
    const auto second = fleet.start("hf_second");
    BOOST_TEST(killed->wait() == -1);
    BOOST_TEST(eventually([&] { return is_killed.load(); }));
    BOOST_TEST(commits >= 3); // others of its commits may have been under way
    BOOST_TEST(second->wait() == 0, content_of(fleet.dir.path() / "hf_second"));
    BOOST_TEST((fleet.counts() == mirror::Counts{.done = repos}));
    // One commit a repo, and all files.
    Hub client({.endpoint = target.endpoint(), .token = "hf_first"});
    const HfApi api(client);
    for (int repo = 0; repo < repos; ++repo) {
        const auto id = fmt::format("acme/r{}", repo);
        int mirrored = 0;
        for (const auto& commit : client.block_on(api.list_repo_commits(id).collect()))
            mirrored += (commit.title + commit.message).find("Mirrored-From: ") != std::string::npos;
        BOOST_TEST(mirrored == 1, id);
        const auto files = client.block_on(api.list_repo_files(id).collect());
        BOOST_TEST(std::count_if(files.begin(), files.end(),
                                 [](const auto& path) { return path[0] == 'd'; }) == files_a_repo);
    }
    // The repo of the third commit was complete: nobody fetched its files again.
    const auto id =
        last_of_first.substr(12, last_of_first.find("/commit/") - 12); // /api/models/ID/commit/main
    int again = 0;
    for (const auto& [file, times] : fleet.transfers()) {
        if (file.starts_with(id + "/")) BOOST_TEST(times == 1, file);
        again += times - 1;
    }
    BOOST_TEST(again <= in_flight);
}

BOOST_AUTO_TEST_SUITE_END()
