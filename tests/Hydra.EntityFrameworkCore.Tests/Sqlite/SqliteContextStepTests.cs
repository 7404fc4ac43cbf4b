using System.Data.Common;
using System.Globalization;
using Hydra.EntityFrameworkCore.Steps;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;
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

    /// <summary>
    /// It lets go of its thread between two looks, has no end of its own, and begins nothing meanwhile that could fail.
    /// </summary>
    [Fact]
    public async Task A_write_lock_that_is_held_for_long_is_waited_for_without_a_thread_and_as_long_as_it_takes()
    {
        await using var holder = CreateContext();
        await using var held = await holder.Database.BeginTransactionAsync(Token);
        await using var context = Database.CreateContext(static options => SqliteDatabase.SetTimeout(options, 1));
        await using var other = Database.CreateContext(static options => SqliteDatabase.SetTimeout(options, 1));
        using var given = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var begun = 0;

        // SQLite's driver does all on the caller's thread: what comes back waits without one.
        var waits = BeginAsync(context, Token);
        var gives = BeginAsync(other, given.Token);
        Assert.False(waits.IsCompleted || gives.IsCompleted);
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gives);
        Assert.Equal(0, begun);
        await held.RollbackAsync(Token);
        await using var transaction = await waits;

        Assert.Equal(1, begun);
        Assert.Equal(0, await Look.ReadAsync(context.Database.GetDbConnection())); // As it was before.

        Task<IDbContextTransaction> BeginAsync(ShopContext shop, CancellationToken token) => WriteLock.BeginAsync(
            shop,
            () =>
            {
                begun++;
                return shop.Database.BeginTransactionAsync(token);
            },
            token);
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
