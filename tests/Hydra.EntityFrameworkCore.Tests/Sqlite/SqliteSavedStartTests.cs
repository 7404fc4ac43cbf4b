using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Hydra.EntityFrameworkCore.Tests;

public sealed class SqliteSavedStartTests() : SavedStartTests(new SqliteDatabase())
{
    /// <summary>SQLite would commit one after the other, and a crash between them would keep one.</summary>
    [Fact]
    public async Task A_context_to_which_another_file_is_attached_is_refused()
    {
        await using var known = CreateContext();
        await AddStartAsync(known, 1);
        var shop = ((SqliteDatabase)Database).FileOf("shop");
        await using var context = CreateContext(new Attach(shop));
        await using var again = CreateContext(new Attach(shop));

        var refused = await Assert.ThrowsAsync<ArgumentException>(() => AddStartAsync(context, 1));
        await again.Database.OpenConnectionAsync(Token);
        await using var transaction = await again.Database.BeginTransactionAsync(Token);
        await Assert.ThrowsAsync<ArgumentException>(() => AddStartAsync(again, 1));
        await again.Database.ExecuteSqlRawAsync("SELECT 1", Token); // It goes on.

        Assert.Contains("Another file is attached", refused.Message, StringComparison.Ordinal);
        Assert.False(context.ChangeTracker.HasChanges());
    }

    [Fact]
    public async Task A_context_of_another_file_to_which_that_of_the_engine_is_attached_is_refused()
    {
        var engine = ((SqliteDatabase)Database).FileOf("tests");
        await using var context = Database.CreateContext(options =>
        {
            Database.UseElsewhere(options);
            options.AddInterceptors(new Attach(engine));
        });

        var refused = await Assert.ThrowsAsync<ArgumentException>(() => AddStartAsync(context, 1));

        Assert.Contains("not where the engine keeps", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>Attaches a file to each connection.</summary>
    private sealed class Attach(string file) : DbConnectionInterceptor
    {
        public override async Task ConnectionOpenedAsync(
            DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            await using var attach = connection.CreateCommand();
            attach.CommandText = $"ATTACH '{file}' AS beside";
            await attach.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
