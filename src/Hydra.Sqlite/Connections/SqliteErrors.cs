using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Hydra.Sqlite.Connections;

/// <summary>Says of SQLite's errors what is known of their effect, what they mean and what to do.</summary>
/// <remarks>
/// A COMMIT that fails for a lock or a full disk has written no valid commit record: the record is the last thing
/// written, and its checksum covers all before it. One that fails with an I/O error may have written it and only
/// failed to sync it: this process forgets it, but a crash before it is overwritten could bring it back. So it is in
/// doubt; committing the same batch again tells.
/// </remarks>
internal sealed class SqliteErrors(SqliteStoreOptions options)
{
    private readonly string _path = Path.GetFullPath(options.Path);

    public StoreException Translate(SqliteException exception, Effect effect)
    {
        var (kind, message) = Explain(exception, effect);
        return new StoreException(kind, message, exception);
    }

    /// <summary>What an error of the driver's tells of its transaction.</summary>
    public static TransactionFate? Judge(Exception exception) => exception switch
    {
        SqliteException { SqliteErrorCode: raw.SQLITE_BUSY or raw.SQLITE_LOCKED } => TransactionFate.WorthRepeating,
        SqliteException { SqliteErrorCode: raw.SQLITE_IOERR or raw.SQLITE_CORRUPT } => TransactionFate.Unknown,
        SqliteException => TransactionFate.Undone,
        _ => null,
    };

    public StoreException Busy(Effect effect) => new(Repeatable(effect), BusyText);

    public StoreException ClosedWhileLocked() => new(
        StoreErrorKind.NotSent,
        $"The store was closed while another process held the write lock of '{_path}'. Nothing was written; the call "
        + "may be repeated. Look for a long transaction in a program that shares the file.");

    public StoreException FileGone() => new(
        StoreErrorKind.Unavailable,
        $"The database file '{_path}' has been removed or renamed while it was open. Nothing was written. Put it back "
        + "together with its -wal file, or create a new database by migrating and restart this program.");

    public StoreException FileReplaced() => new(
        StoreErrorKind.Unavailable,
        $"The database file '{_path}' has been replaced by another one while it was open. Nothing is written to "
        + "either. Restart this program to work on the new file. Before restoring a backup, stop all programs that use "
        + "the database and remove its -wal and -shm files.");

    public StoreException FileLostInCommit() => new(
        StoreErrorKind.InDoubt,
        $"The database file '{_path}' was removed or replaced during a commit, which only the old file holds. Stop all "
        + "programs that use the database before its file is moved, and restart this one.");

    /// <param name="isSaved">Whether all that the log held has been copied into the database.</param>
    public StoreException LogGone(bool isSaved) => new(
        StoreErrorKind.Unavailable,
        $"The file '{_path}-wal' or '{_path}-shm' has been removed or renamed while the database was open. Nothing is "
        + "written any more. "
        + (isSaved ? "What was committed before has been saved into the database itself. " : "")
        + "Put the file back if it was renamed; if it is gone, stop all programs that use the database and start them "
        + "again. Both files belong to an open database: never remove or copy them by themselves.");

    public StoreException LogReplaced() => new(
        StoreErrorKind.Unavailable,
        $"The file '{_path}-wal' or '{_path}-shm' has been replaced by another one while the database was open. "
        + "Nothing is written any more. Stop all programs that use the database and start them again; what was "
        + "committed shortly before may be lost. Both files belong to an open database: never remove or copy them by "
        + "themselves.");

    public StoreException LogLostInCommit() => new(
        StoreErrorKind.InDoubt,
        $"The file '{_path}-wal' or '{_path}-shm' was removed or replaced during a commit, which may or may not "
        + "survive. Stop all programs that use the database and start them again.");

    public static StoreException Disposed() => new(
        StoreErrorKind.NotSent, "The store has been disposed. Nothing was written. Make a new one.");

    public StoreException OutOfMemory(OutOfMemoryException exception, Effect effect) => effect == Effect.Unknown
        ? new StoreException(
            StoreErrorKind.InDoubt,
            $"The process ran out of memory during a commit to '{_path}', which may or may not survive. Commit the "
            + "same again.",
            exception)
        : new StoreException(
            Repeatable(effect),
            $"The process ran out of memory while it wrote to '{_path}'. Nothing was written; the call may be "
            + "repeated. Give the process more memory.",
            exception);

    /// <summary>Whether a connection that met this error is better closed and opened anew.</summary>
    public static bool SpoilsConnection(StoreException exception) =>
        exception.Kind is StoreErrorKind.Unavailable or StoreErrorKind.InDoubt;

    public static bool IsDiskFull(StoreException exception) =>
        exception.InnerException is SqliteException { SqliteErrorCode: raw.SQLITE_FULL };

    private string BusyText =>
        $"Another process has held the write lock of '{_path}' for more than "
        + $"{options.BusyTimeout.TotalSeconds:0.###} s. Nothing was written; the call may be repeated. "
        + "Look for a long transaction in a program that shares the file.";

    private static StoreErrorKind Repeatable(Effect effect) =>
        effect == Effect.None ? StoreErrorKind.NotSent : StoreErrorKind.RolledBack;

    private (StoreErrorKind Kind, string Message) Explain(SqliteException exception, Effect effect)
    {
        if (effect == Effect.Unknown && exception.SqliteErrorCode is not (raw.SQLITE_BUSY or raw.SQLITE_FULL))
        {
            return (StoreErrorKind.InDoubt,
                $"A commit to '{_path}' failed ({exception.Message}) and may or may not survive. "
                + "Commit the same again.");
        }

        if (exception.SqliteExtendedErrorCode == raw.SQLITE_BUSY_SNAPSHOT)
        {
            return (Repeatable(effect),
                $"The transaction on '{_path}' has read before another one was committed, and so cannot write any "
                + "more. Nothing was written. Begin it anew, and not deferred.");
        }

        return exception.SqliteErrorCode switch
        {
            raw.SQLITE_BUSY or raw.SQLITE_LOCKED => (Repeatable(effect), BusyText),
            raw.SQLITE_PROTOCOL or raw.SQLITE_SCHEMA or raw.SQLITE_INTERRUPT or raw.SQLITE_ABORT => (Repeatable(effect),
                $"SQLite gave up for the moment ({exception.Message}). Nothing was written; the call may be repeated."),
            raw.SQLITE_CONSTRAINT or raw.SQLITE_TOOBIG or raw.SQLITE_MISMATCH or raw.SQLITE_RANGE => (
                StoreErrorKind.Deterministic,
                $"The database refuses the data ({exception.Message}). Nothing was written; repeating will not help."),
            raw.SQLITE_ERROR when exception.Message.Contains("no such", StringComparison.Ordinal) => (
                StoreErrorKind.Unavailable,
                $"The tables in '{_path}' are missing or older than this version ({exception.Message}). "
                + "Migrate the database first, with 'hydra migrate' or by opening an engine with MigrateOnOpen."),
            raw.SQLITE_ERROR or raw.SQLITE_MISUSE or raw.SQLITE_INTERNAL => (StoreErrorKind.Deterministic,
                $"SQLite rejects a statement ({exception.Message}). Nothing was written. Please report this."),
            _ => (StoreErrorKind.Unavailable, ExplainTrouble(exception)),
        };
    }

    private string ExplainTrouble(SqliteException exception) => exception.SqliteErrorCode switch
    {
        raw.SQLITE_FULL => $"The disk of '{_path}' is full. Nothing was written. Make room; work goes on by itself.",
        raw.SQLITE_READONLY => $"'{_path}' cannot be written to ({exception.Message}). Check the permissions of the "
            + "file, its -wal and -shm files and its directory, and whether the file system is mounted read-only.",
        raw.SQLITE_CANTOPEN => ExplainCannotOpen(),
        raw.SQLITE_NOTADB => $"'{_path}' is not a SQLite database, or it is encrypted. Name another file.",
        raw.SQLITE_CORRUPT => $"The database '{_path}' is damaged ({exception.Message}). Nothing was written. Stop all "
            + "programs that use it, keep a copy of all its files and restore a backup.",
        raw.SQLITE_IOERR => $"The disk of '{_path}' fails ({exception.Message}, code "
            + $"{exception.SqliteExtendedErrorCode}). Nothing was written. Check the device and its quota.",
        raw.SQLITE_NOMEM => "SQLite ran out of memory. Nothing was written. Give the process more memory.",
        raw.SQLITE_PERM or raw.SQLITE_AUTH =>
            $"Access to '{_path}' is denied. Check the permissions of the file and of its directory.",
        _ => $"SQLite cannot use '{_path}' ({exception.Message}, code {exception.SqliteExtendedErrorCode}). "
            + "Nothing was written.",
    };

    private string ExplainCannotOpen()
    {
        var directory = Path.GetDirectoryName(_path);
        if (Directory.Exists(_path))
        {
            return $"'{_path}' is a directory. Name a file in it.";
        }

        if (!Directory.Exists(directory))
        {
            return $"The directory '{directory}' does not exist. Create it or correct {nameof(options.Path)}.";
        }

        return File.Exists(_path)
            ? $"'{_path}' cannot be opened. Check that this user may read and write the file and its directory, and "
                + "that the file system is not mounted read-only."
            : $"There is no database '{_path}'. 'hydra migrate' creates it, or an engine that opens with "
                + "MigrateOnOpen, as a user who may write to the directory.";
    }
}
