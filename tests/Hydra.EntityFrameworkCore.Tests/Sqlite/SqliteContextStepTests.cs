using System.Data.Common;
using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
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
        var look = new Look();
        var handle = await StartAsync(
            static (context, number) => context.TransactionAsync<ShopContext, int, int>(
                "look", number, static (shop, _, _) => Look.ReadAsync(shop.Database.GetDbConnection())),
            services => services.AddDbContext<ShopContext>(options => Database.Configure(
                options,
                configured =>
                {
                    configured.AddInterceptors(look);
                    SqliteDatabase.SetTimeout(configured, seconds);
                })));

        Assert.Equal(0, await handle.ResultAsync(Token)); // As it was before.

        Assert.Equal(expected, look.Found);
    }

    /// <summary>How long SQLite waits when a transaction is about to begin, in milliseconds.</summary>
    private sealed class Look : DbTransactionInterceptor
    {
        public int? Found { get; private set; }

        public static async Task<int> ReadAsync(DbConnection connection)
        {
            await using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA busy_timeout";
            return Convert.ToInt32(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
        }

        public override async ValueTask<InterceptionResult<DbTransaction>> TransactionStartingAsync(
            DbConnection connection,
            TransactionStartingEventData eventData,
            InterceptionResult<DbTransaction> result,
            CancellationToken cancellationToken = default)
        {
            Found = await ReadAsync(connection);
            return result;
        }
    }
}
