using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Hydra.EntityFrameworkCore.Steps;

/// <summary>The one write lock of a SQLite file, for which a transaction of a step waits when it begins.</summary>
internal static class WriteLock
{
    /// <summary>
    /// Begins a transaction, and waits for the lock in short steps, for no longer than the driver would.
    /// </summary>
    /// <remarks>
    /// The driver sleeps for 150 ms between two tries, and others take the lock meanwhile; SQLite itself begins with a
    /// millisecond. The connection waits as before afterwards: it may come from a pool.
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
            await WriteAsync(context, Limit(context), cancellationToken);
            try
            {
                return await begin();
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
        DbContext context, string statement, CancellationToken cancellationToken)
    {
        await using var command = context.Database.GetDbConnection().CreateCommand();
        command.Transaction = context.Database.CurrentTransaction?.GetDbTransaction();
        command.CommandText = statement;
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
