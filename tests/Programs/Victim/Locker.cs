using Microsoft.Data.Sqlite;

namespace Victim;

/// <summary>A stranger whose transaction has written and does not end until the signal, or a kill.</summary>
internal static class Locker
{
    public static async Task RunAsync(string path, string signal)
    {
        await using var connection = new SqliteConnection($"Data Source={path};Pooling=False;Default Timeout=60");
        await connection.OpenAsync();
        await using var transaction = connection.BeginTransaction(); // BEGIN IMMEDIATE: the one write lock.
        await using var command = connection.CreateCommand();
        command.CommandText = "CREATE TABLE stranger (text TEXT)";
        command.Transaction = transaction;
        await command.ExecuteNonQueryAsync();
        Console.WriteLine("locked");
        await Signalled.ByAsync(signal);
        await transaction.RollbackAsync();
        Console.WriteLine("done");
    }
}
