using Microsoft.EntityFrameworkCore;

namespace Hydra.EntityFrameworkCore.Steps;

/// <summary>The one write lock of a SQLite file, for which a transaction of a step waits when it begins.</summary>
internal static class WriteLock
{
    /// <summary>Opens the context's connection so that it waits in short steps, for no longer than before.</summary>
    /// <remarks>
    /// The driver sleeps for 150 ms between two tries, and others take the lock meanwhile; SQLite itself begins with a
    /// millisecond.
    /// </remarks>
    /// <returns>Whether there is such a lock: the connection is open then, for whoever called to close.</returns>
    public static async Task<bool> OpenPatientlyAsync(DbContext context, CancellationToken cancellationToken)
    {
        if (context.Database.ProviderName != "Microsoft.EntityFrameworkCore.Sqlite")
        {
            return false;
        }

        await context.Database.OpenConnectionAsync(cancellationToken);
        await using var command = context.Database.GetDbConnection().CreateCommand();
        var limit = command.CommandTimeout > 0 ? command.CommandTimeout * 1_000L : int.MaxValue; // 0 is for ever.
        command.CommandText = $"PRAGMA busy_timeout = {Math.Min(limit, int.MaxValue)}";
        await command.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }
}
