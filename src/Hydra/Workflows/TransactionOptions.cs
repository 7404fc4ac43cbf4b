using System.Data;
using System.Data.Common;

namespace Hydra;

/// <summary>How a transactional step is identified, isolated, timed and tried again.</summary>
public sealed record TransactionOptions
{
    /// <summary>
    /// The key that identifies the call in the journal, unique within the execution. By default it is the step's name
    /// plus its occurrence: "transfer", "transfer#2".
    /// </summary>
    public string? Key { get; init; }

    /// <summary>
    /// How it is tried again. By default it is the workflow's policy for steps. After a deadlock, a conflict of
    /// serializable transactions or a lock that was waited for too long, the body begins anew up to five times within
    /// one try.
    /// </summary>
    public RetryPolicy? Retry { get; init; }

    /// <summary>
    /// How long one try may take, from the beginning of its transaction, before its token fires and the transaction is
    /// undone. Waiting in line for a transaction is not counted. By default it is half the worker's
    /// <see cref="WorkerOptions.ClaimTimeout"/>, which is also the most that there may be: locks of a process that
    /// stands still must be gone before others take over.
    /// </summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How it is isolated. By default it is as the database does by itself.</summary>
    public IsolationLevel Isolation { get; init; } = IsolationLevel.Unspecified;

    /// <summary>
    /// Where its connection comes from: the engine's own database, perhaps as another user. One of another database is
    /// refused, because two databases cannot commit together. By default the engine opens it, as its own user.
    /// </summary>
    public DbDataSource? DataSource { get; init; }
}
