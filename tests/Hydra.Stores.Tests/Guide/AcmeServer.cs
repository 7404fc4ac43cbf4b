using System.Collections.Concurrent;

namespace Hydra.Stores.Tests;

/// <summary>Stands for the database server of somebody who writes a store.</summary>
internal static class AcmeServer
{
    private static readonly ConcurrentDictionary<string, InMemoryDatabase> Databases = new();

    public static InMemoryDatabase Connect(string database, TimeProvider time) =>
        Databases.GetOrAdd(database, _ => new InMemoryDatabase(time));

    public static Task DropAsync(string database)
    {
        Databases.TryRemove(database, out _);
        return Task.CompletedTask;
    }
}
