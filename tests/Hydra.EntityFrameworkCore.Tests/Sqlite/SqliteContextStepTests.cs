using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace Hydra.EntityFrameworkCore.Tests;

public sealed class SqliteContextStepTests() : ContextStepTests(new SqliteDatabase())
{
    /// <summary>Otherwise the driver sleeps for 150 ms between two tries to take it.</summary>
    [Theory]
    [InlineData(null, 30_000)] // As long as the driver waits.
    [InlineData(7, 7_000)]
    [InlineData(0, int.MaxValue)] // For ever.
    public async Task SQLite_itself_waits_for_the_write_lock_as_long_as_the_context_says(int? seconds, int expected)
    {
        var handle = await StartAsync(
            static (context, number) => context.TransactionAsync<ShopContext, int, int>(
                "look",
                number,
                static async (shop, _, token) =>
                {
                    await using var command = shop.Database.GetDbConnection().CreateCommand();
                    command.CommandText = "PRAGMA busy_timeout";
                    return Convert.ToInt32(await command.ExecuteScalarAsync(token), null);
                }),
            services => services.AddDbContext<ShopContext>(options => Database.Configure(
                options, configured => SqliteDatabase.SetTimeout(configured, seconds))));

        Assert.Equal(expected, await handle.ResultAsync(Token));
    }
}
