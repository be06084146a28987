// As much of SQLite's C interface as the list needs, with owners and exceptions.
#pragma once

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <variant>

struct sqlite3;
struct sqlite3_stmt;

namespace mirror {

using SqlValue = std::variant<std::int64_t, std::string>;

/// A prepared statement under way.
class SqlRows {
public:
    bool next(); ///< false at the end
    std::int64_t integer(int column) const;
    std::string text(int column) const;
    std::optional<std::string> text_or_null(int column) const;

private:
    friend class Database;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    sqlite3* database_ = nullptr;
    std::string file_;
};

/// One connection. \throws hfasync::OSError from everything, naming the file
class Database {
public:
    explicit Database(std::filesystem::path file);

    SqlRows query(const char* sql, std::initializer_list<SqlValue> values = {});
    /// \returns how many rows it changed
    int run(const char* sql, std::initializer_list<SqlValue> values = {});
    void script(const char* sql);

private:
    struct Close {
        void operator()(sqlite3* database) const noexcept;
    };
    std::filesystem::path file_;
    std::unique_ptr<sqlite3, Close> database_;
};

/// Rolled back unless it is committed. Takes the lock for writing at once: a reader that turns into a writer
/// would fail where it should wait.
class Transaction {
public:
    explicit Transaction(Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    void commit();

private:
    Database& database_;
    bool open_ = true;
};

} // namespace mirror
