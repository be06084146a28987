#include "sqlite.hpp"

#include <sqlite3.h>

#include <fmt/format.h>

#include <hfasync/error.hpp>

namespace mirror {

namespace {

/// Other processes hold the lock for a few milliseconds.
constexpr int lock_wait_ms = 10'000;

[[noreturn]] void fail(sqlite3* database, const std::string& file)
{
    const char* why = database != nullptr ? sqlite3_errmsg(database) : "out of memory";
    throw hfasync::OSError(std::make_error_code(std::errc::io_error),
                           fmt::format("The work list {}: {}", file, why));
}

} // namespace

void SqlRows::Finalize::operator()(sqlite3_stmt* statement) const noexcept
{
    sqlite3_finalize(statement);
}

bool SqlRows::next()
{
    const int state = sqlite3_step(statement_.get());
    if (state != SQLITE_ROW && state != SQLITE_DONE) fail(database_, file_);
    return state == SQLITE_ROW;
}

std::int64_t SqlRows::integer(int column) const
{
    return sqlite3_column_int64(statement_.get(), column);
}

std::string SqlRows::text(int column) const
{
    return text_or_null(column).value_or("");
}

std::optional<std::string> SqlRows::text_or_null(int column) const
{
    const auto* text = sqlite3_column_text(statement_.get(), column);
    if (text == nullptr) return std::nullopt;
    return std::string(reinterpret_cast<const char*>(text),
                       static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column)));
}

void Database::Close::operator()(sqlite3* database) const noexcept
{
    sqlite3_close(database);
}

Database::Database(std::filesystem::path file) : file_(std::move(file))
{
    if (const auto folder = file_.parent_path(); !folder.empty()) std::filesystem::create_directories(folder);
    sqlite3* opened = nullptr;
    const int state = sqlite3_open(file_.c_str(), &opened);
    database_.reset(opened);
    if (state != SQLITE_OK) fail(opened, file_.string());
    sqlite3_busy_timeout(opened, lock_wait_ms);
    // A killed process loses nothing; a power cut may lose the last moments, which are then done again.
    script("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
}

SqlRows Database::query(const char* sql, std::initializer_list<SqlValue> values)
{
    SqlRows rows;
    rows.database_ = database_.get();
    rows.file_ = file_.string();
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database_.get(), sql, -1, &statement, nullptr) != SQLITE_OK)
        fail(database_.get(), rows.file_);
    rows.statement_.reset(statement);
    int place = 0;
    for (const auto& value : values) {
        ++place;
        const auto* text = std::get_if<std::string>(&value);
        const int bound = text != nullptr
                              ? sqlite3_bind_text(statement, place, text->data(),
                                                  static_cast<int>(text->size()), SQLITE_TRANSIENT)
                              : sqlite3_bind_int64(statement, place, std::get<std::int64_t>(value));
        if (bound != SQLITE_OK) fail(database_.get(), rows.file_);
    }
    return rows;
}

int Database::run(const char* sql, std::initializer_list<SqlValue> values)
{
    auto rows = query(sql, values);
    while (rows.next()) {
    }
    return sqlite3_changes(database_.get());
}

void Database::script(const char* sql)
{
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        fail(database_.get(), file_.string());
}

Transaction::Transaction(Database& database) : database_(database)
{
    database_.script("BEGIN IMMEDIATE");
}

Transaction::~Transaction()
{
    if (!open_) return;
    try {
        database_.script("ROLLBACK");
    } catch (const hfasync::Error&) { // SQLite has rolled it back already
    }
}

void Transaction::commit()
{
    database_.script("COMMIT");
    open_ = false;
}

} // namespace mirror
