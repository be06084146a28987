// The git program clones and fetches from the embedded Hub.
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <list>
#include <set>
#include <thread>

#include "emulator/git_program.hpp"
#include "hub_fixture.hpp"
#include "support/temp_folder.hpp"

using namespace hfasync;
using namespace hfasync::test;
using hfasync::tests::git;
using hfasync::tests::git_line;
namespace fs = std::filesystem;

namespace {

struct GitHub : HubFixture {
    explicit GitHub(emulator::Options options = small_options()) : HubFixture(std::move(options))
    {
        hub.seed_repo("acme/tiny", {{"README.md", "# tiny\n"}, {"data/é.txt", "1"}, {"l.bin", large}});
    }
    std::string url(const std::string& repo = "acme/tiny", const std::string& user = {}) const
    {
        std::string out = hub.endpoint() + "/" + repo;
        if (!user.empty()) out.insert(out.find("//") + 2, user + ":hf_" + user + "@");
        return out;
    }
    /// `git ARGUMENTS` in the test's folder; its status must be `good`.
    std::string run(const std::string& arguments, bool good = true) const
    {
        int status = 0;
        auto said = git(folder.path(), arguments, environment, &status);
        BOOST_TEST((status == 0) == good, arguments << " said " << said);
        return said;
    }
    static std::string read(const fs::path& file)
    {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    fs::path at(const std::string& path) const { return folder.path() / path; }

    static constexpr const char* environment = "GIT_TERMINAL_PROMPT=0 no_proxy='*'";
    tests::TempFolder folder;
    const std::string large = pattern(3000);
};

/// As long as it lives, the program `git` is this script.
struct OtherGit {
    OtherGit(const fs::path& folder, const std::string& script)
    {
        fs::create_directories(folder);
        if (!script.empty()) {
            std::ofstream(folder / "git") << "#!/bin/sh\n" << script;
            fs::permissions(folder / "git", fs::perms::owner_all);
        }
        ::setenv("PATH", folder.c_str(), 1);
    }
    ~OtherGit() { ::setenv("PATH", path.c_str(), 1); }
    const std::string path = std::getenv("PATH");
};

/// A git that notes its process and then never ends.
struct SlowGit : GitHub {
    std::set<pid_t> started() const
    {
        std::set<pid_t> out;
        for (const auto& file : fs::directory_iterator(at("pids")))
            out.insert(static_cast<pid_t>(std::stol(file.path().filename().string())));
        return out;
    }
    std::size_t alive() const
    {
        const auto all = started();
        return static_cast<std::size_t>(
            std::count_if(all.begin(), all.end(), [](pid_t pid) { return ::kill(pid, 0) == 0; }));
    }
    template <class Condition>
    static bool comes(Condition condition)
    {
        const auto latest = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!condition() && std::chrono::steady_clock::now() < latest)
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        return condition();
    }
    void ask_for_refs()
    {
        clients.emplace_back(hub.endpoint())
            .send_text("GET /acme/tiny/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    std::string script() const
    {
        fs::create_directories(at("pids"));
        return ": >" + at("pids").string() + "/$$\n/bin/sleep 600\n";
    }
    std::list<PlainClient> clients;
};

} // namespace

BOOST_AUTO_TEST_SUITE(emulator_git_http)

BOOST_FIXTURE_TEST_CASE(a_clone_has_files_pointers_branches_and_tags, GitHub)
{
    const auto first = commit(file_line("new.txt", "new"));
    ask("POST", "/api/models/acme/tiny/branch/dev%2Fé", ann, "{}");
    ask("POST", "/api/models/acme/tiny/tag/main", ann, R"({"tag":"v1","message":"First"})");
    ask("POST", "/api/models/acme/tiny/tag/main", ann, R"({"tag":"light"})");
    const auto second = commit(file_line("dev.txt", "dev"), "models/acme/tiny", "dev%2Fé");
    for (const char* version : {"0", "1", "2"}) {
        const std::string copy = std::string("copy") + version;
        run(std::string("-c protocol.version=") + version + " clone -q " + url() + " " + copy);
        BOOST_TEST(read(at(copy) / "README.md") == "# tiny\n");
        BOOST_TEST(read(at(copy) / "data/é.txt") == "1");
        BOOST_TEST(read(at(copy) / "new.txt") == "new");
        BOOST_TEST(read(at(copy) / "l.bin") == "version https://git-lfs.github.com/spec/v1\noid sha256:" +
                                                   detail::sha256_hex(large) + "\nsize 3000\n");
        BOOST_TEST(git_line(at(copy), "rev-parse HEAD") == first);
        BOOST_TEST(git_line(at(copy), "rev-parse 'origin/dev/é'") == second);
        BOOST_TEST(git_line(at(copy), "cat-file -t v1") == "tag");
        BOOST_TEST(git_line(at(copy), "rev-parse 'v1^{commit}'") == first);
        BOOST_TEST(git_line(at(copy), "rev-parse light") == first);
        BOOST_TEST(git_line(at(copy), "log -1 --format='%an|%s|%b' main") == "ann|Change|why");
        git(at(copy), "fsck --strict --full");
    }
}

BOOST_FIXTURE_TEST_CASE(a_fetch_brings_what_is_new, GitHub)
{
    run("clone -q " + url() + ".git copy");
    const auto next = commit(file_line("new.txt", "new"));
    const auto pull = ask("POST", "/api/models/acme/tiny/commit/main?create_pr=1", ann,
                          R"({"key":"header","value":{"summary":"Proposal","description":""}})"
                          "\n" +
                              file_line("p.txt", "p"));
    BOOST_TEST(pull.status == 200, pull.body);
    BOOST_TEST(run("-C copy fetch origin").find("main") != std::string::npos);
    BOOST_TEST(git_line(at("copy"), "rev-parse origin/main") == next);
    run("-C copy fetch -q origin refs/pr/1");
    BOOST_TEST(git_line(at("copy"), "show FETCH_HEAD:p.txt") == "p");
    BOOST_TEST(run("ls-remote " + url()) == next + "\tHEAD\n" + next + "\trefs/heads/main\n" +
                                                std::string(json(pull).at("commitOid").as_string()) +
                                                "\trefs/pr/1\n");
    // The Hub squashes: the old history is not offered any more.
    ask("POST", "/api/models/acme/tiny/super-squash/main", ann, "{}");
    run("-C copy fetch -q origin");
    BOOST_TEST(git_line(at("copy"), "rev-list --count origin/main") == "1");
}

BOOST_FIXTURE_TEST_CASE(long_requests_come_compressed, GitHub)
{
    for (int i = 0; i < 40; ++i) {
        const auto name = "b" + std::to_string(i);
        ask("POST", "/api/models/acme/tiny/branch/" + name, ann, "{}");
        commit(file_line("f", name), "models/acme/tiny", name);
    }
    hub.forget_requests();
    run("clone -q " + url() + " copy");
    BOOST_TEST(git_line(at("copy"), "show origin/b39:f") == "b39");
    bool compressed = false;
    for (const auto& request : hub.requests())
        for (const auto& [name, value] : request.headers)
            compressed = compressed || (name == "Content-Encoding" && value == "gzip");
    BOOST_TEST(compressed);
}

BOOST_FIXTURE_TEST_CASE(parts_of_a_history_and_clones_without_blobs, GitHub)
{
    commit(file_line("new.txt", "new"));
    run("clone -q --depth 1 " + url() + " shallow");
    BOOST_TEST(git_line(at("shallow"), "rev-list --count HEAD") == "1");
    run("clone -q --filter=blob:none --no-checkout " + url() + " lean");
    BOOST_TEST(git(at("lean"), "rev-list --objects --missing=print HEAD").find("\n?") != std::string::npos);
    BOOST_TEST(git_line(at("lean"), "show HEAD:new.txt", environment) == "new"); // comes when it is asked for
}

BOOST_FIXTURE_TEST_CASE(of_each_type_and_by_its_old_name, GitHub)
{
    hub.seed_repo("acme/rows", {{"a.csv", "1"}}, RepoType::dataset);
    hub.seed_repo("acme/app", {{"app.py", "2"}}, RepoType::space);
    run("clone -q " + url("datasets/acme/rows") + " rows");
    BOOST_TEST(read(at("rows/a.csv")) == "1");
    run("clone -q " + url("spaces/acme/app") + " app");
    BOOST_TEST(read(at("app/app.py")) == "2");
    ask("POST", "/api/repos/move", ann, R"({"fromRepo":"acme/tiny","toRepo":"acme/small","type":"model"})");
    for (const char* name : {"acme/small", "acme/tiny", "acme/tiny.git"}) {
        fs::remove_all(at("copy"));
        run("clone -q " + url(name) + " copy");
        BOOST_TEST(read(at("copy/README.md")) == "# tiny\n");
    }
    BOOST_TEST(run("clone -q " + url("acme/none", "ann") + " none", false).find("not found") !=
               std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(private_and_gated_repos_ask_who_it_is, GitHub)
{
    const std::string refs = "/acme/tiny.git/info/refs?service=git-upload-pack";
    BOOST_TEST(ask("GET", refs, nobody).status == 200);
    BOOST_TEST(ask("PUT", "/api/models/acme/tiny/settings", ann, R"({"private":true})").status == 200);
    const auto refused = ask("GET", refs, nobody);
    BOOST_TEST(refused.status == 401);
    BOOST_TEST(refused.header("www-authenticate").starts_with("Basic realm="), refused.head);
    BOOST_TEST(ask("POST", "/acme/tiny/git-upload-pack", nobody).status == 401);
    BOOST_TEST(ask("GET", refs, bob).status == 404);
    run("clone -q " + url() + " nobody", false);
    run("clone -q " + url("acme/tiny", "bob") + " bob", false);
    run("clone -q " + url("acme/tiny", "ann") + " ann");
    BOOST_TEST(read(at("ann/README.md")) == "# tiny\n");

    ask("PUT", "/api/models/acme/tiny/settings", ann, R"({"private":false,"gated":"manual"})");
    BOOST_TEST(ask("GET", refs, nobody).status == 401);
    const auto said = run("clone " + url("acme/tiny", "bob") + " bob", false);
    BOOST_TEST(said.find("remote: Access to model acme/tiny is restricted") != std::string::npos, said);
    run("-C ann fetch -q " + url("acme/tiny", "ann"));
}

BOOST_FIXTURE_TEST_CASE(nothing_is_pushed, GitHub)
{
    run("clone -q " + url("acme/tiny", "ann") + " copy");
    git(at("copy"), "-c user.name=a -c user.email=a@b commit -q --allow-empty -m x");
    const auto said = run("-C copy push origin main", false);
    BOOST_TEST(said.find("takes no git push") != std::string::npos, said);
    BOOST_TEST(ask("POST", "/acme/tiny/git-receive-pack").status == 403);
    BOOST_TEST(ask("GET", "/acme/tiny/info/refs").status == 403); // the old protocol
    BOOST_TEST(ask("GET", "/acme/tiny/HEAD").status == 404);
}

BOOST_AUTO_TEST_CASE(over_tls)
{
    auto options = small_options();
    options.tls = true;
    const GitHub secure(std::move(options));
    const std::string trust = "GIT_SSL_CAINFO=" + secure.hub.ca_file().string() + " " + GitHub::environment;
    git(secure.folder.path(), "clone -q " + secure.url() + " copy", trust);
    BOOST_TEST(secure.read(secure.at("copy/README.md")) == "# tiny\n");
}

BOOST_FIXTURE_TEST_CASE(what_is_no_git_request_is_refused, GitHub)
{
    const Headers protocol{{"Content-Type", "application/x-git-upload-pack-request"}};
    BOOST_TEST(ask("POST", "/acme/tiny/git-upload-pack", nobody, "0000").status == 415);
    const auto broken = ask("POST", "/acme/tiny/git-upload-pack", protocol, "zzzz");
    BOOST_TEST((broken.status >= 400 || broken.body.find("ERR") != std::string::npos || broken.body.empty()));
    BOOST_TEST(ask("GET", "/acme/tiny/info/refs?service=git-upload-pack").status == 200); // it goes on
}

BOOST_FIXTURE_TEST_CASE(without_the_program_it_says_so, GitHub)
{
    const OtherGit none(at("empty"), "");
    const auto refused = ask("GET", "/acme/tiny/info/refs?service=git-upload-pack");
    BOOST_TEST(refused.status == 501);
    BOOST_TEST(refused.body.find("git program, which is not installed") != std::string::npos, refused.body);
}

BOOST_FIXTURE_TEST_CASE(a_program_that_fails_is_told, GitHub)
{
    const OtherGit broken(at("bin"), "echo 'fatal: out of luck' >&2\nexit 3\n");
    const auto refused = ask("GET", "/acme/tiny/info/refs?service=git-upload-pack");
    BOOST_TEST(refused.status == 500);
    BOOST_TEST(refused.body.find("out of luck") != std::string::npos, refused.body);
}

BOOST_FIXTURE_TEST_CASE(a_program_ends_with_its_client_and_few_run_at_a_time, SlowGit)
{
    const OtherGit slow(at("bin"), script());
    for (int i = 0; i < 6; ++i)
        ask_for_refs();
    BOOST_TEST(comes([&] { return started().size() == 4; }));
    BOOST_TEST(ask("GET", "/acme/tiny/resolve/main/README.md").body == "# tiny\n"); // others are served
    clients.pop_front();
    clients.pop_front();
    BOOST_TEST(comes([&] { return started().size() == 6; }));
    BOOST_TEST(alive() == 4u);
    clients.clear();
    BOOST_TEST(comes([&] { return alive() == 0; }));
}

BOOST_AUTO_TEST_CASE(a_program_ends_with_the_hub)
{
    std::optional<SlowGit> site(std::in_place);
    const tests::TempFolder kept;
    const auto pids = kept.path() / "pids";
    fs::create_directories(pids);
    const OtherGit slow(kept.path() / "bin", ": >" + pids.string() + "/$$\n/bin/sleep 600\n");
    site->ask_for_refs();
    BOOST_TEST(SlowGit::comes([&] { return !fs::is_empty(pids); }));
    const auto pid = std::stol(fs::directory_iterator(pids)->path().filename().string());
    site.reset();
    BOOST_TEST(::kill(static_cast<pid_t>(pid), 0) != 0);
}

BOOST_AUTO_TEST_SUITE_END()
