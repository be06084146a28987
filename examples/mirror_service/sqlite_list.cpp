// The work list in a file of this machine; several processes may share it.
#include "sqlite.hpp"
#include "work_list.hpp"
#include "worker.hpp"

#include <charconv>

#include <hfasync/error.hpp>

namespace mirror {

namespace {

constexpr const char* schema = R"(
CREATE TABLE IF NOT EXISTS jobs(
    subject    TEXT PRIMARY KEY,
    version    TEXT NOT NULL,              -- what is wanted
    payload    TEXT NOT NULL,
    state      TEXT NOT NULL,              -- waiting, active, done, failed
    turn       INTEGER NOT NULL,           -- the order of the waiting ones
    not_before INTEGER NOT NULL DEFAULT 0, -- ms of the wall clock
    attempts   INTEGER NOT NULL DEFAULT 0,
    owner      TEXT,                       -- of the claim, while active
    claim      INTEGER NOT NULL DEFAULT 0, -- counts them: a former owner cannot be taken for the present one
    lease_end  INTEGER,
    completed  TEXT,                       -- version
    error      TEXT);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs(state, turn);
CREATE INDEX IF NOT EXISTS jobs_by_turn ON jobs(turn);
-- Subjects that are worked on, and are to be looked at once more after that.
CREATE TABLE IF NOT EXISTS again(subject TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS rounds(
    name TEXT PRIMARY KEY, owner TEXT, lease_end INTEGER NOT NULL DEFAULT 0, next INTEGER NOT NULL DEFAULT 0);
)";

std::int64_t now_ms()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

class SqliteList final : public WorkList {
public:
    SqliteList(const SqliteConfig& config, std::string owner, milliseconds lease)
        : database_(config.file), owner_(std::move(owner)), lease_(lease.count())
    {
        database_.script(schema);
    }

    asio::awaitable<bool> put(Job job) override
    {
        co_return co_await worker_.run([&] { return put_now(job); });
    }
    asio::awaitable<std::vector<Job>> claim(std::size_t most) override
    {
        co_return co_await worker_.run([&] { return claim_now(most); });
    }
    asio::awaitable<std::vector<Job>> extend(std::vector<Job> jobs) override
    {
        co_return co_await worker_.run([&] { return extend_now(jobs); });
    }
    asio::awaitable<bool> complete(Job job) override
    {
        co_return co_await worker_.run([&] { return complete_now(job); });
    }
    asio::awaitable<bool> fail(Job job, std::string error, std::optional<milliseconds> retry_after) override
    {
        co_return co_await worker_.run([&] { return fail_now(job, error, retry_after); });
    }
    asio::awaitable<bool> redo(std::string subject) override
    {
        co_return co_await worker_.run([&] { return redo_now(subject); });
    }
    asio::awaitable<void> give_back() override
    {
        co_await worker_.run([&] {
            database_.run("UPDATE jobs SET state='waiting', owner=NULL, attempts=max(attempts-1, 0) "
                          "WHERE state='active' AND owner=?",
                          {owner_});
            database_.run("UPDATE rounds SET owner=NULL, lease_end=0 WHERE owner=?", {owner_});
        });
    }
    asio::awaitable<Counts> counts() override
    {
        co_return co_await worker_.run([&] { return counts_now(); });
    }
    asio::awaitable<std::optional<std::string>> completed(std::string subject) override
    {
        co_return co_await worker_.run([&]() -> std::optional<std::string> {
            auto rows = database_.query("SELECT completed FROM jobs WHERE subject=?", {subject});
            return rows.next() ? rows.text_or_null(0) : std::nullopt;
        });
    }
    asio::awaitable<milliseconds> begin_round(std::string name, Round when) override
    {
        co_return co_await worker_.run([&] { return begin_round_now(name, when); });
    }
    asio::awaitable<void> end_round(std::string name, milliseconds until_next) override
    {
        co_await worker_.run([&] {
            database_.run("UPDATE rounds SET owner=NULL, lease_end=0, next=? WHERE name=? AND owner=?",
                          {now_ms() + until_next.count(), name, owner_});
        });
    }

private:
    bool put_now(const Job& job)
    {
        Transaction transaction(database_);
        const auto turn = next_turn();
        const int changed = database_.run(
            "INSERT INTO jobs(subject, version, payload, state, turn) VALUES(?1, ?2, ?3, 'waiting', ?4) "
            "ON CONFLICT(subject) DO UPDATE SET version=?2, payload=?3, turn=?4, attempts=0, not_before=0, "
            "error=NULL, state=CASE state WHEN 'active' THEN 'active' ELSE 'waiting' END "
            "WHERE version<>?2 OR state='failed'",
            {job.subject(), job.version(), job.payload(), turn});
        transaction.commit();
        return changed > 0;
    }

    std::vector<Job> claim_now(std::size_t most)
    {
        std::vector<Job> jobs;
        const auto now = now_ms();
        Transaction transaction(database_);
        auto rows = database_.query(
            "UPDATE jobs SET state='active', owner=?1, claim=claim+1, lease_end=?2, attempts=attempts+1 "
            "WHERE subject IN (SELECT subject FROM jobs WHERE (state='waiting' AND not_before<=?3) OR "
            "(state='active' AND lease_end<=?3) ORDER BY turn LIMIT ?4) "
            "RETURNING subject, version, payload, attempts, claim",
            {owner_, now + lease_, now, static_cast<std::int64_t>(most)});
        std::vector<std::string> begun;
        std::vector<std::pair<std::string, std::string>> bad; // subject, why
        while (rows.next()) {
            begun.push_back(rows.text(0));
            try {
                auto job = Job::from_row(rows.text(0), rows.text(1), rows.text(2));
                job.attempt = static_cast<int>(rows.integer(3));
                job.claim = rows.text(4);
                jobs.push_back(std::move(job));
            } catch (const hfasync::Error& error) { // it must not be in the way of the others
                bad.emplace_back(rows.text(0), error.message());
            }
        }
        rows = {};
        for (const auto& subject : begun)
            database_.run("DELETE FROM again WHERE subject=?", {subject});
        for (const auto& [subject, why] : bad)
            database_.run("UPDATE jobs SET state='failed', owner=NULL, error=? WHERE subject=?",
                          {why, subject});
        transaction.commit();
        return jobs;
    }

    std::vector<Job> extend_now(const std::vector<Job>& jobs)
    {
        std::vector<Job> lost;
        Transaction transaction(database_);
        for (const auto& job : jobs)
            if (database_.run("UPDATE jobs SET lease_end=?1 WHERE subject=?2 AND state='active' AND "
                              "owner=?3 AND claim=?4",
                              {now_ms() + lease_, job.subject(), owner_, claim_of(job)}) == 0)
                lost.push_back(job);
        transaction.commit();
        return lost;
    }

    bool redo_now(const std::string& subject)
    {
        Transaction transaction(database_);
        const bool ended = database_.run("UPDATE jobs SET state='waiting', not_before=0, attempts=0, turn=?2 "
                                         "WHERE subject=?1 AND state IN ('done', 'failed')",
                                         {subject, next_turn()}) > 0;
        const bool marked = !ended && database_.run("INSERT OR IGNORE INTO again SELECT subject FROM jobs "
                                                    "WHERE subject=? AND state='active'",
                                                    {subject}) > 0;
        transaction.commit();
        return ended || marked;
    }

    bool complete_now(const Job& job)
    {
        // A newer version may have come meanwhile: its turn is next.
        return database_.run("UPDATE jobs SET state=CASE WHEN version=?1 AND "
                             "NOT EXISTS(SELECT 1 FROM again WHERE subject=?2) THEN 'done' ELSE 'waiting' "
                             "END, completed=?1, attempts=0, owner=NULL, error=NULL "
                             "WHERE subject=?2 AND state='active' AND owner=?3 AND claim=?4",
                             {job.version(), job.subject(), owner_, claim_of(job)}) > 0;
    }

    bool fail_now(const Job& job, const std::string& error, std::optional<milliseconds> retry_after)
    {
        return database_.run(
                   "UPDATE jobs SET state=CASE WHEN version<>?1 OR ?2>=0 THEN 'waiting' ELSE 'failed' END, "
                   "not_before=CASE WHEN version=?1 AND ?2>=0 THEN ?2 ELSE 0 END, owner=NULL, error=?3 "
                   "WHERE subject=?4 AND state='active' AND owner=?5 AND claim=?6",
                   {job.version(), retry_after ? now_ms() + retry_after->count() : -1, error, job.subject(),
                    owner_, claim_of(job)}) > 0;
    }

    Counts counts_now()
    {
        Counts counts;
        auto rows = database_.query("SELECT state, count(*) FROM jobs GROUP BY state");
        while (rows.next()) {
            const auto state = rows.text(0);
            auto& into = state == "waiting"  ? counts.waiting
                         : state == "active" ? counts.active
                         : state == "done"   ? counts.done
                                             : counts.failed;
            into = static_cast<std::uint64_t>(rows.integer(1));
        }
        return counts;
    }

    milliseconds begin_round_now(const std::string& name, Round when)
    {
        const auto now = now_ms();
        Transaction transaction(database_);
        database_.run("INSERT OR IGNORE INTO rounds(name) VALUES(?)", {name});
        auto rows = database_.query("SELECT next, lease_end, owner FROM rounds WHERE name=?", {name});
        rows.next();
        const auto next = rows.integer(0), lease_end = rows.integer(1);
        const bool is_ours = rows.text(2) == owner_;
        rows = {};
        if (!is_ours && lease_end > now) return milliseconds(lease_end - now);
        if (!is_ours && when == Round::when_due && next > now) return milliseconds(next - now);
        database_.run("UPDATE rounds SET owner=?, lease_end=? WHERE name=?", {owner_, now + lease_, name});
        transaction.commit();
        return milliseconds(0);
    }

    std::int64_t next_turn()
    {
        auto rows = database_.query("SELECT coalesce(max(turn), 0)+1 FROM jobs");
        rows.next();
        return rows.integer(0);
    }

    static std::int64_t claim_of(const Job& job)
    {
        std::int64_t claim = 0;
        std::from_chars(job.claim.data(), job.claim.data() + job.claim.size(), claim);
        return claim;
    }

    Database database_;
    std::string owner_;
    std::int64_t lease_;
    Worker worker_; ///< last: its thread uses all of the above
};

} // namespace

std::unique_ptr<WorkList> make_sqlite_list(const SqliteConfig& config, std::string owner, milliseconds lease)
{
    return std::make_unique<SqliteList>(config, std::move(owner), lease);
}

} // namespace mirror
