using System.Data.Common;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Hydra.EntityFrameworkCore.Steps;

/// <summary>The one write lock of a SQLite file, for which a transaction of a step waits when it begins.</summary>
internal static class WriteLock
{
    // The driver waits on the caller's thread, for whole seconds: one is the least.
    private const int SecondsOfLook = 1;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Begins a transaction, and waits for the lock for as long as it is held.</summary>
    /// <remarks>
    /// Waiting is like waiting in line: it uses up no try, and between two looks no thread. While it looks, SQLite
    /// itself waits in short steps; the driver would sleep for 150 ms between two tries, and others take the lock
    /// meanwhile. The connection waits as before afterwards: it may come from a pool.
    /// </remarks>
    public static async Task<IDbContextTransaction> BeginAsync(
        DbContext context, Func<Task<IDbContextTransaction>> begin, CancellationToken cancellationToken)
    {
        if (context.Database.ProviderName != "Microsoft.EntityFrameworkCore.Sqlite")
        {
            return await begin();
        }

        await context.Database.OpenConnectionAsync(cancellationToken);
        try
        {
            var before = await ReadAsync(context, cancellationToken);
            try
            {
                return await WaitAsync(context, begin, cancellationToken);
            }
            finally
            {
                await WriteAsync(context, before, CancellationToken.None);
            }
        }
        finally
        {
            await context.Database.CloseConnectionAsync(); // The transaction keeps it open.
        }
    }

    private static async Task<IDbContextTransaction> WaitAsync(
        DbContext context, Func<Task<IDbContextTransaction>> begin, CancellationToken cancellationToken)
    {
        for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                await LookAsync(context, cancellationToken);
                await WriteAsync(context, Limit(context), cancellationToken);
                return await begin();
            }
            catch (DbException busy) when (busy.Message.StartsWith("SQLite Error 5:", StringComparison.Ordinal))
            {
                // SQLITE_BUSY, which the driver tells otherwise only by a type of its own.
            }

            await Task.Delay(pause, cancellationToken);
        }
    }

    /// <summary>
    /// Takes the lock and lets it go again: how long the driver waits for a transaction of its own cannot be bounded.
    /// </summary>
    private static async Task LookAsync(DbContext context, CancellationToken cancellationToken)
    {
        await WriteAsync(context, SecondsOfLook * 1_000, cancellationToken);
        await ExecuteAsync(context, "BEGIN IMMEDIATE", cancellationToken, SecondsOfLook);
        await ExecuteAsync(context, "ROLLBACK", CancellationToken.None);
    }

    /// <summary>How long a statement may take, in milliseconds.</summary>
    private static int Limit(DbContext context)
    {
        using var command = context.Database.GetDbConnection().CreateCommand();
        return command.CommandTimeout is > 0 and < int.MaxValue / 1_000 // 0 is for ever.
            ? command.CommandTimeout * 1_000
            : int.MaxValue;
    }

    private static async Task<int> ReadAsync(DbContext context, CancellationToken cancellationToken) =>
        Convert.ToInt32(
            await ExecuteAsync(context, "PRAGMA busy_timeout", cancellationToken), CultureInfo.InvariantCulture);

    private static Task<object?> WriteAsync(DbContext context, int milliseconds, CancellationToken cancellationToken) =>
        ExecuteAsync(context, $"PRAGMA busy_timeout = {milliseconds}", cancellationToken);

    private static async Task<object?> ExecuteAsync(
        DbContext context, string statement, CancellationToken cancellationToken, int? seconds = null)
    {
        await using var command = context.Database.GetDbConnection().CreateCommand();
        command.Transaction = context.Database.CurrentTransaction?.GetDbTransaction();
        command.CommandText = statement;
        command.CommandTimeout = seconds ?? command.CommandTimeout;
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
