using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Hydra.EntityFrameworkCore.Tests;

public sealed class PostgreSqlSavedStartTests() : SavedStartTests(new PostgreSqlDatabase())
{
    /// <summary>PostgreSQL refuses all else within a transaction in which a statement has failed.</summary>
    [Fact]
    public async Task A_transaction_in_which_a_key_cannot_be_looked_for_goes_on()
    {
        await using var context = CreateContext();
        await AddStartAsync(context, 1);
        await context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync(Token);
            await context.Database.ExecuteSqlRawAsync("SET LOCAL ROLE pg_monitor", Token); // It may read no executions.
            var refused = await Assert.ThrowsAsync<PostgresException>(
                () => AddStartAsync(context, 2, new() { Key = "two" }));
            Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refused.SqlState);

            await context.Database.ExecuteSqlRawAsync("RESET ROLE", Token);
            await AddStartAsync(context, 2, new() { Key = "two" });
            await context.SaveChangesAsync(Token);
            await transaction.CommitAsync(Token);
        });

        Assert.Equal((0, 2), await CountAsync());
    }
}
