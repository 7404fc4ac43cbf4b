using System.Data;
using System.Data.Common;
using Hydra.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace Hydra.EntityFrameworkCore.Tests;

/// <summary>Steps whose bodies write with a context, which has a strategy that repeats what fails.</summary>
public abstract class ContextStepTests(Database database) : ContextTests(database)
{
    private static readonly TransactionOptions Quick =
        new() { Retry = new() { MaxAttempts = 3, Backoff = TimeSpan.FromMilliseconds(1) } };

    private IHydraClient? _client;
    private int _bodies;

    [Fact]
    public async Task What_a_body_leaves_unsaved_and_its_result_are_committed_together()
    {
        var handle = await StartAsync((context, number) =>
            context.TransactionAsync<ShopContext, int, int>("order", number, AddOrderAsync, Quick));

        Assert.Equal(2, await handle.ResultAsync(Token));

        Assert.Equal((1, 1), (await CountOrdersAsync(), _bodies));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_commit_in_doubt_has_one_effect_and_one_checkpoint(bool afterCommit)
    {
        var fault = new PlantedFault(afterCommit);
        var handle = await StartAsync(
            (context, number) => context.TransactionAsync<ShopContext, int, int>("order", number, AddOrderAsync, Quick),
            services => services.AddDbContextFactory<ShopContext>(options => Database.Configure(
                options, configured => configured.AddInterceptors(fault))));

        Assert.Equal(2, await handle.ResultAsync(Token));

        Assert.True(fault.HasStruck);
        Assert.Equal((1, afterCommit ? 1 : 2), (await CountOrdersAsync(), _bodies));
        Assert.Single((await handle.DescribeAsync(Token)).Journal, static entry => entry.Kind == EntryKind.Step);
    }

    /// <summary>As PostgreSQL does of what is serializable, after the last statement: no try has failed.</summary>
    [Fact]
    public async Task A_commit_that_the_database_undoes_for_another_begins_anew_within_the_try()
    {
        if (Database.Conflict is not { } conflict)
        {
            Assert.Skip("Nobody can make an exception of this driver.");
            return;
        }

        var fault = new PlantedFault(afterCommit: false, conflict);
        var handle = await StartAsync(
            (context, number) => context.TransactionAsync<ShopContext, int, int>(
                "order", number, AddOrderAsync, Quick with { Retry = RetryPolicy.None }),
            services => services.AddDbContextFactory<ShopContext>(options => Database.Configure(
                options, configured => configured.AddInterceptors(fault))));

        Assert.Equal(2, await handle.ResultAsync(Token));

        Assert.True(fault.HasStruck);
        Assert.Equal((1, 2), (await CountOrdersAsync(), _bodies));
        Assert.Equal(1, (await handle.DescribeAsync(Token)).Row.Attempt);
    }

    /// <summary>An interceptor of the user's runs behind the commit, within the call that commits.</summary>
    [Fact]
    public async Task What_is_thrown_behind_the_commit_takes_nothing_back_and_begins_no_body()
    {
        var fault = new PlantedFault(afterCommit: true, new ArgumentException("Planted behind the commit."));
        var handle = await StartAsync(
            (context, number) => context.TransactionAsync<ShopContext, int, int>("order", number, AddOrderAsync, Quick),
            services => services.AddDbContextFactory<ShopContext>(options => Database.Configure(
                options, configured => configured.AddInterceptors(fault))));

        Assert.Equal(2, await handle.ResultAsync(Token));

        Assert.True(fault.HasStruck);
        Assert.Equal((1, 1), (await CountOrdersAsync(), _bodies));
    }

    [Fact]
    public async Task Services_that_cannot_be_disposed_of_take_nothing_back_and_begin_no_body()
    {
        var handle = await StartAsync(
            (context, number) => context.TransactionAsync<ShopTransaction, int, int>(
                "order",
                number,
                static async (services, token) =>
                {
                    services.GetRequiredService<Broken>();
                    var shop = services.GetRequiredService<IDbContextFactory<ShopContext>>().CreateDbContext();
                    await shop.Database.GetDbConnection().OpenAsync(token);
                    return new ShopTransaction(
                        shop, await shop.Database.GetDbConnection().BeginTransactionAsync(token));
                },
                (_, value, _) => Task.FromResult(Interlocked.Increment(ref _bodies) + value),
                Quick),
            services => services
                .AddDbContextFactory<ShopContext>(options => Database.Configure(options))
                .AddScoped<Broken>());

        Assert.Equal(2, await handle.ResultAsync(Token));

        Assert.Equal(1, _bodies);
    }

    [Fact]
    public async Task The_transaction_is_isolated_as_the_options_say()
    {
        var isolation = IsolationLevel.Unspecified;
        var handle = await StartAsync((context, number) => context.TransactionAsync<ShopContext, int, int>(
            "order",
            number,
            (shop, value, token) =>
            {
                isolation = shop.Database.CurrentTransaction!.GetDbTransaction().IsolationLevel;
                return AddOrderAsync(shop, value, token);
            },
            Quick with { Isolation = IsolationLevel.Serializable }));

        Assert.Equal(2, await handle.ResultAsync(Token));

        Assert.Equal(IsolationLevel.Serializable, isolation);
    }

    [Fact]
    public async Task A_begin_of_ones_own_takes_no_isolation_beside_it()
    {
        var handle = await StartAsync((context, number) => context.TransactionAsync<ShopTransaction, int, int>(
            "order",
            number,
            static (_, _) => throw new InvalidOperationException("Nothing begins."),
            static (_, value, _) => Task.FromResult(value),
            Quick with { Isolation = IsolationLevel.Serializable }));

        var refused = await Assert.ThrowsAsync<WorkflowFailedException>(() => handle.ResultAsync(Token));

        Assert.Contains("TransactionOptions.DataSource and Isolation", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_fails_leaves_nothing_and_begins_again_with_an_empty_context()
    {
        var handle = await StartAsync((context, number) => context.TransactionAsync<ShopContext, int, int>(
            "order",
            number,
            async (shop, value, token) =>
            {
                Assert.False(shop.ChangeTracker.HasChanges());
                var doubled = await AddOrderAsync(shop, value, token);
                await shop.SaveChangesAsync(token);
                return _bodies < 3 ? throw new InvalidOperationException("Not yet.") : doubled;
            },
            Quick));

        Assert.Equal(2, await handle.ResultAsync(Token));

        Assert.Equal((1, 3), (await CountOrdersAsync(), _bodies));
    }

    [Fact]
    public async Task A_context_of_another_database_or_none_is_refused()
    {
        var elsewhere = await StartAsync(
            (context, number) => context.TransactionAsync<ShopContext, int, int>("order", number, AddOrderAsync, Quick),
            services => services.AddDbContextFactory<ShopContext>(options => Database.Configure(
                options, Database.UseElsewhere)));
        var refused = await Assert.ThrowsAsync<WorkflowFailedException>(() => elsewhere.ResultAsync(Token));
        Assert.Contains("not where the engine keeps", refused.Message, StringComparison.Ordinal);

        var missing = await StartAsync(
            (context, number) => context.TransactionAsync<ShopContext, int, int>("order", number, AddOrderAsync, Quick),
            static _ => { });
        refused = await Assert.ThrowsAsync<WorkflowFailedException>(() => missing.ResultAsync(Token));
        Assert.Contains("ShopContext, which is not among the services", refused.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0), (await CountOrdersAsync(), _bodies));
    }

    /// <summary>
    /// Entity Framework passes over the loss where it only releases a savepoint, and would open another connection for
    /// what comes next, which would be outside of the transaction.
    /// </summary>
    [Theory]
    [InlineData("nothing", 0)]
    [InlineData("entity", 1)]
    [InlineData("statement", 1)]
    public async Task A_connection_that_is_lost_half_way_takes_all_that_was_written_with_it(string written, int more)
    {
        Assert.SkipUnless(Database.HasServer, "There is no connection to lose.");
        var cut = new CutSavepoint(Database);
        var handle = await StartAsync(
            (context, number) => context.TransactionAsync<ShopContext, int, int>(
                "order",
                number,
                async (shop, value, token) =>
                {
                    var doubled = await AddOrderAsync(shop, value, token);
                    await shop.SaveChangesAsync(token);
                    if (written == "entity")
                    {
                        shop.Orders.Add(new Order { Number = "more" });
                    }
                    else if (written == "statement")
                    {
                        var insert = $"INSERT INTO {Database.Orders} VALUES ('{Guid.NewGuid()}', 'm{_bodies}', 1)";
                        await shop.Database.ExecuteSqlRawAsync(insert, token);
                    }

                    return doubled;
                },
                Quick),
            services => services.AddDbContextFactory<ShopContext>(options => Database.Configure(
                options, configured => configured.AddInterceptors(cut))));

        Assert.Equal(2, await handle.ResultAsync(Token));

        Assert.True(cut.HasStruck);
        Assert.Equal((1 + more, 2), (await CountOrdersAsync(), _bodies));
    }

    /// <summary>The first body's start is undone with its order, the second's is saved with it.</summary>
    [Fact]
    public async Task A_start_that_a_body_saves_is_there_once()
    {
        var handle = await StartAsync((context, number) => context.TransactionAsync<ShopContext, int, int>(
            "order",
            number,
            async (shop, value, token) =>
            {
                await _client!.With(shop).Workflow<int, int>("started").StartAsync(value, cancellationToken: token);
                await AddOrderAsync(shop, value, token);
                await shop.SaveChangesAsync(token);
                return _bodies < 2 ? throw new InvalidOperationException("not yet") : value;
            },
            Quick));

        Assert.Equal(1, await handle.ResultAsync(Token));

        var started = Assert.Single(await _client!.ListAsync(new() { Workflow = "started" }, Token));
        Assert.Equal(2, await _client.Execution<int>(started.Id).ResultAsync(Token));
        Assert.Equal((1, 2), (await CountOrdersAsync(), _bodies));
    }

    private async Task<int> AddOrderAsync(ShopContext shop, int number, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _bodies);
        await shop.Orders.CountAsync(cancellationToken);
        shop.Orders.Add(new Order { Number = $"{number}" });
        return number * 2;
    }

    private async Task<int> CountOrdersAsync() => (await CountAsync()).Orders;

    /// <summary>Starts one under a namespace of its own, with a worker whose services have the context.</summary>
    protected async Task<ExecutionHandle<int>> StartAsync(
        Func<WorkflowContext, int, Task<int>> code, Action<IServiceCollection>? register = null)
    {
        var services = new ServiceCollection();
        if (register is null)
        {
            services.AddDbContext<ShopContext>(options => Database.Configure(options));
        }
        else
        {
            register(services);
        }

        var provider = Keep(services.BuildServiceProvider());
        var engine = Keep(await HydraEngine.OpenAsync(
            hydra =>
            {
                Database.Use(hydra);
                hydra.Namespace = $"n{Guid.NewGuid():N}";
                hydra.Services = provider;
                hydra.LoggerFactory = new OutputLog(TestContext.Current.TestOutputHelper!);
                hydra.AddWorkflow("order", code);
                hydra.AddWorkflow<int, int>("started", static (_, number) => Task.FromResult(number * 2));
                hydra.AddWorker();
            },
            Token));
        _client = engine.Client;
        return await engine.Client.Workflow<int, int>("order").StartAsync(1, cancellationToken: Token);
    }

    private sealed class Broken : IDisposable
    {
        public void Dispose() => throw new InvalidOperationException("Planted where services are disposed of.");
    }

    private sealed class ShopTransaction(ShopContext shop, DbTransaction transaction) : StepTransaction
    {
        public override DbTransaction Transaction => transaction;

        public override Task CommitAsync(CancellationToken cancellationToken) =>
            transaction.CommitAsync(cancellationToken);

        public override async ValueTask DisposeAsync()
        {
            await transaction.DisposeAsync();
            await shop.DisposeAsync();
        }
    }
}
