using System.Data.Common;
using System.Transactions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;

namespace Hydra.EntityFrameworkCore.Tests;

/// <summary>Starts that a context saves with its own entities.</summary>
public abstract partial class SavedStartTests(Database database) : ContextTests(database)
{
    [Fact]
    public async Task An_order_and_its_execution_are_saved_together_and_a_worker_is_woken()
    {
        await using var context = CreateContext();
        context.Orders.Add(new Order { Number = "1" });
        var handle = await AddStartAsync(context, 21, new() { Key = "order-1" });
        Assert.Equal((0, 0), await CountAsync());

        await context.SaveChangesAsync(Token);

        Assert.Equal(42, await handle.ResultAsync(Token));
        Assert.Equal((1, 1), await CountAsync());
        Assert.Equal(1, Runs);
    }

    [Fact]
    public async Task The_worker_of_the_same_process_is_woken_too()
    {
        await using var context = CreateContext();
        var handle = await Near.With(context).Workflow<int, int>("double").StartAsync(4, cancellationToken: Token);

        context.SaveChanges();

        Assert.Equal(8, await handle.ResultAsync(Token));
    }

    [Fact]
    public async Task What_is_saved_within_a_transaction_runs_once_that_is_committed()
    {
        await using var context = CreateContext();
        ExecutionHandle<int>? handle = null;
        await context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync(Token);
            context.Orders.Add(new Order { Number = "1" });
            handle = await AddStartAsync(context, 3);
            await context.SaveChangesAsync(Token);
            await Assert.ThrowsAsync<ExecutionNotFoundException>(() => handle.StatusAsync(Token));
            await transaction.CommitAsync(Token);
        });

        Assert.Equal(6, await handle!.ResultAsync(Token));
        Assert.Equal((1, 1), await CountAsync());
    }

    [Fact]
    public async Task A_save_that_fails_leaves_neither_and_may_be_repeated()
    {
        await using (var first = CreateContext())
        {
            first.Orders.Add(new Order { Number = "1" });
            await first.SaveChangesAsync(Token);
        }

        await using var context = CreateContext();
        var order = new Order { Number = "1" };
        context.Orders.Add(order);
        var handle = await AddStartAsync(context, 5, new() { Key = "five" });
        await Assert.ThrowsAsync<DbUpdateException>(() => context.SaveChangesAsync(Token));
        Assert.Equal((1, 0), await CountAsync());

        order.Number = "2";
        await context.SaveChangesAsync(Token);

        Assert.Equal(10, await handle.ResultAsync(Token));
        Assert.Equal((2, 1), await CountAsync());
    }

    [Fact]
    public async Task A_context_that_begins_no_transaction_saves_no_start_without_one()
    {
        await using var context = CreateContext();
        context.Database.AutoTransactionBehavior = AutoTransactionBehavior.Never;
        context.Orders.Add(new Order { Number = "1" });
        var handle = await AddStartAsync(context, 4);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => context.SaveChangesAsync(Token));

        Assert.Contains("one by one", refused.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0), await CountAsync());
        await context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync(Token);
            await context.SaveChangesAsync(Token);
            await transaction.CommitAsync(Token);
        });
        Assert.Equal(8, await handle.ResultAsync(Token));
        context.Orders.Add(new Order { Number = "2" });
        await context.SaveChangesAsync(Token); // Which has no start in it.
        Assert.Equal((2, 1), await CountAsync());
    }

    [Fact]
    public async Task What_is_saved_in_a_transaction_that_is_rolled_back_never_was()
    {
        await using var context = CreateContext();
        await context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync(Token);
            context.Orders.Add(new Order { Number = "1" });
            await AddStartAsync(context, 3, new() { Key = "three" });
            await context.SaveChangesAsync(Token);
            await transaction.RollbackAsync(Token);
        });

        Assert.Equal((0, 0), await CountAsync());
        var free = await Client.Workflow<int, int>("double").StartAsync(4, new() { Key = "three" }, Token);
        Assert.Equal(8, await free.ResultAsync(Token));
    }

    [Fact]
    public async Task The_rows_are_those_that_a_start_through_the_client_writes()
    {
        var options = new StartOptions
        {
            MaxAttempts = 7,
            RetryBackoff = TimeSpan.FromSeconds(3),
            Timeout = TimeSpan.FromHours(5),
            Delay = TimeSpan.FromHours(1),
            Priority = ExecutionPriority.High,
        };
        var written = await Client.Workflow<int, int>("double").StartAsync(1, options with { Key = "k-14" }, Token);
        var plain = await Client.Workflow<int, int>("double").StartAsync(1, options, Token);

        // The shard comes from the key, and this one's is another's too: see how it is found.
        var twin = KeyOfShard(written.Id.Shard);
        await using var context = CreateContext();
        var mapped = await AddStartAsync(context, 1, options with { Key = twin });
        var bare = await AddStartAsync(context, 1, options);
        await context.SaveChangesAsync(Token);

        Assert.Equal(
            await Database.DumpAsync(written.Id),
            (await Database.DumpAsync(mapped.Id)).Select(line => line.Replace(Shown(twin), Shown("k-14"))));
        Assert.Equal(
            (await Database.DumpAsync(plain.Id)).Where(IsOfNoShard),
            (await Database.DumpAsync(bare.Id)).Where(IsOfNoShard));
        var (one, other) = (await written.DescribeAsync(Token), await mapped.DescribeAsync(Token));
        Assert.Equal(one.Row.Deadline!.Value.Since(one.Row.DueAt), other.Row.Deadline!.Value.Since(other.Row.DueAt));
        Assert.Equal(one.Row.DueAt.Since(one.Row.CreatedAt), other.Row.DueAt.Since(other.Row.CreatedAt));
        Assert.Equal(one.Journal[0].At.Since(one.Row.CreatedAt), other.Journal[0].At.Since(other.Row.CreatedAt));
        Assert.Equal(
            one.Journal[0].StartedAt.Since(one.Row.CreatedAt), other.Journal[0].StartedAt.Since(other.Row.CreatedAt));
        Assert.InRange(other.Row.CreatedAt.Since(one.Row.CreatedAt), TimeSpan.Zero, TimeSpan.FromSeconds(60));

        string KeyOfShard(byte shard) => Enumerable.Range(0, 100_000).Select(number => $"k-{number}")
            .First(key => key != "k-14" && ExecutionId.ShardOf(Client.Namespace, key) == shard);

        // As MySQL keeps text.
        string Shown(string key) => Database.KeepsBytes
            ? Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(key))
            : key;

        static bool IsOfNoShard(string line) => !line.Contains(".shard = ", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_save_that_is_retried_starts_one(bool afterCommit)
    {
        var fault = new PlantedFault(afterCommit);
        await using var context = CreateContext(fault);
        context.Orders.Add(new Order { Number = "1" });
        var handle = await AddStartAsync(context, 4);

        // Where the commit was done the retry meets its own rows, and says so.
        var error = await Record.ExceptionAsync(() => context.SaveChangesAsync(Token));

        Assert.True(fault.HasStruck);
        Assert.Equal(afterCommit, error is DbUpdateException);
        Assert.Equal(8, await handle.ResultAsync(Token));
        Assert.Equal((1, 1), await CountAsync());
        Assert.Equal(1, Runs);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_commit_in_doubt_is_told_by_the_execution(bool afterCommit)
    {
        var fault = new PlantedFault(afterCommit);
        await using var context = CreateContext(fault);
        context.Orders.Add(new Order { Number = "1" });
        var handle = await AddStartAsync(context, 4);

        await context.Database.CreateExecutionStrategy().ExecuteInTransactionAsync(
            (Context: context, Handle: handle),
            static (saved, token) => saved.Context.SaveChangesAsync(acceptAllChangesOnSuccess: false, token),
            static (saved, token) => saved.Handle.ExistsAsync(token),
            Token);
        context.ChangeTracker.AcceptAllChanges();

        Assert.True(fault.HasStruck);
        Assert.Equal(8, await handle.ResultAsync(Token));
        Assert.Equal((1, 1), await CountAsync());
    }

    [Fact]
    public async Task A_thousand_are_saved_together()
    {
        await using var context = CreateContext();
        int[] inputs = [.. Enumerable.Range(0, 1_000)];
        var handles = await Client.With(context).Workflow<int, int>("double").StartAllAsync(
            inputs, number => number % 2 == 0 ? new() { Key = $"number-{number}" } : null, Token);
        await context.SaveChangesAsync(Token);

        var results = await Task.WhenAll(handles.Select(handle => handle.ResultAsync(Token)));

        Assert.Equal(inputs.Select(number => number * 2), results);
        Assert.Equal(1_000, Runs);
    }

    [Fact]
    public async Task Contexts_save_side_by_side()
    {
        var handles = await Task.WhenAll(Enumerable.Range(0, 20).Select(async number =>
        {
            await using var context = CreateContext();
            context.Orders.Add(new Order { Number = $"{number}" });
            var handle = await AddStartAsync(context, number, new() { Key = $"order-{number}" });
            await context.SaveChangesAsync(Token);
            return handle;
        }));

        var results = await Task.WhenAll(handles.Select(handle => handle.ResultAsync(Token)));

        Assert.Equal(Enumerable.Range(0, 20).Select(number => number * 2), results);
        Assert.Equal((20, 20), await CountAsync());
    }

    [Fact]
    public async Task A_key_that_is_taken_gives_the_same_execution_or_a_conflict()
    {
        var there = await Client.Workflow<int, int>("double").StartAsync(1, new() { Key = "there" }, Token);
        await using var context = CreateContext();
        var here = await AddStartAsync(context, 2, new() { Key = "here" });

        Assert.Equal(there.Id, (await AddStartAsync(context, 1, new() { Key = "there" })).Id);
        Assert.Equal(here.Id, (await AddStartAsync(context, 2, new() { Key = "here" })).Id);
        foreach (var key in (string[])["there", "here", "twice"])
        {
            var workflow = Client.With(context).Workflow<int, int>("double");
            await Assert.ThrowsAsync<StartConflictException>(
                () => workflow.StartAllAsync([8, 9], _ => new() { Key = key }, Token));
        }

        await context.SaveChangesAsync(Token);
        Assert.Equal(4, await here.ResultAsync(Token));
        Assert.Equal((0, 2), await CountAsync());
    }

    /// <summary>Nobody else sees it yet, and SaveChanges would fail on it.</summary>
    [Theory]
    [InlineData("saved")]
    [InlineData("saved beside")]
    [InlineData("written")]
    [InlineData("written and cancelled")]
    public async Task A_key_that_is_taken_in_the_open_transaction_gives_the_same_execution_or_a_conflict(string how)
    {
        await using var context = CreateContext();
        await context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync(Token);
            var taken = await TakeAsync(context, "one", how);

            Assert.Equal(taken, (await AddStartAsync(context, 1, new() { Key = "one" })).Id);
            await Assert.ThrowsAsync<StartConflictException>(() => AddStartAsync(context, 2, new() { Key = "one" }));
            await AddStartAsync(context, 2, new() { Key = "two" });
            await context.SaveChangesAsync(Token);
            await transaction.CommitAsync(Token);
        });

        Assert.Equal((0, 2), await CountAsync());
    }

    /// <summary>Servers answer one question of a connection at a time.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_start_over_a_connection_that_is_being_read_is_told_to_end_the_reader(bool isKnown)
    {
        if (!Database.HasServer)
        {
            return; // SQLite has any number of readers.
        }

        await using var context = CreateContext();
        if (isKnown)
        {
            await AddStartAsync(context, 1);
        }

        await context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync(Token);
            await using (var reader = await ReadAsync(context))
            {
                var busy = await Assert.ThrowsAsync<ArgumentException>(
                    () => AddStartAsync(context, 2, new() { Key = "two" }));
                Assert.Contains("End its reader", busy.Message, StringComparison.Ordinal);
            }

            await AddStartAsync(context, 2, new() { Key = "two" });
            await context.SaveChangesAsync(Token);
            await transaction.CommitAsync(Token);
        });

        Assert.Equal((0, isKnown ? 2 : 1), await CountAsync());
    }

    /// <summary>The engine's own connections see it, and need nothing of the context's.</summary>
    [Fact]
    public async Task A_key_that_was_committed_is_found_while_the_connection_of_the_context_is_being_read()
    {
        var there = await Client.Workflow<int, int>("double").StartAsync(1, new() { Key = "there" }, Token);
        await using var context = CreateContext();
        await AddStartAsync(context, 2);
        await context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync(Token);
            await using var reader = await ReadAsync(context);

            Assert.Equal(there.Id, (await AddStartAsync(context, 1, new() { Key = "there" })).Id);
        });
    }

    [Fact]
    public async Task Of_two_saves_with_one_key_the_second_fails_and_finds_the_first_when_it_is_repeated()
    {
        await using var first = CreateContext();
        await using var second = CreateContext();
        second.Orders.Add(new Order { Number = "1" });
        var winner = await AddStartAsync(first, 1, new() { Key = "one" });
        await AddStartAsync(second, 1, new() { Key = "one" });

        await first.SaveChangesAsync(Token);
        await Assert.ThrowsAsync<DbUpdateException>(() => second.SaveChangesAsync(Token));

        Assert.Equal((0, 1), await CountAsync());
        await using var again = CreateContext();
        Assert.Equal(winner.Id, (await AddStartAsync(again, 1, new() { Key = "one" })).Id);
        Assert.Equal(2, await winner.ResultAsync(Token));
    }

    [Fact]
    public async Task A_start_that_is_not_allowed_is_not_added()
    {
        await using var context = CreateContext();
        var client = Client.With(context);

        await Assert.ThrowsAsync<ArgumentException>(() => AddStartAsync(context, 1, new() { Key = "" }));
        Assert.Throws<ArgumentException>(() => Near.With(context).Workflow<string, int>("double"));
        await Assert.ThrowsAsync<PayloadException>(
            () => client.StartAsync("double", Payload.Create(new byte[64 * 1024 * 1024]), cancellationToken: Token));
        Assert.Empty(await client.Workflow<int, int>("double").StartAllAsync([], null, Token));
        Assert.False(context.ChangeTracker.HasChanges());

        var handle = await client.StartAsync("double", Payload.Create("3"u8.ToArray()), cancellationToken: Token);
        await context.SaveChangesAsync(Token);

        Assert.Equal(6, await Client.Execution<int>(handle.Id).ResultAsync(Token));
    }

    [Fact]
    public async Task A_context_without_the_mapping_or_with_another_is_told_what_to_do()
    {
        var bare = new ShopTables(Database.Orders, Database.Place, MapsStarts: false);
        await using var unmapped = Database.CreateContext(tables: bare);
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => AddStartAsync(unmapped, 1));
        Assert.Contains("modelBuilder.AddHydra(Database)", refused.Message, StringComparison.Ordinal);

        if (Database.Place.Length > 0)
        {
            await using var astray = Database.CreateContext(tables: new(Database.Orders, Place: null));
            refused = await Assert.ThrowsAsync<InvalidOperationException>(() => AddStartAsync(astray, 1));
            Assert.Contains($"AddHydra(Database, \"{Database.Place}\")", refused.Message, StringComparison.Ordinal);
        }
    }

    /// <summary>`dotnet ef dbcontext optimize` writes it into the user's own assembly.</summary>
    [Fact]
    public void A_compiled_model_may_name_all_that_the_mapping_uses()
    {
        using var context = CreateContext();
        var properties = context.Model.GetEntityTypes().SelectMany(static type => type.GetProperties()).ToList();
        Assert.Contains(properties, static property => property.Name == "input_hash");

        Assert.All(properties, static property =>
        {
            Assert.True(property.ClrType.IsVisible, property.ClrType.FullName);
            if (property.GetValueConverter() is { } converter)
            {
                Assert.Empty(NamedMembers.HiddenIn(converter.ConvertToProviderExpression));
                Assert.Empty(NamedMembers.HiddenIn(converter.ConvertFromProviderExpression));
            }
        });
    }

    [Fact]
    public async Task A_context_of_another_database_is_refused()
    {
        await using var elsewhere = Database.CreateContext(Database.UseElsewhere);
        var refused = await Assert.ThrowsAsync<ArgumentException>(() => AddStartAsync(elsewhere, 1));
        Assert.Contains("not where the engine keeps", refused.Message, StringComparison.Ordinal);

        await elsewhere.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await elsewhere.Database.BeginTransactionAsync(Token);
            refused = await Assert.ThrowsAsync<ArgumentException>(() => AddStartAsync(elsewhere, 1));
            await elsewhere.Database.ExecuteSqlRawAsync("SELECT 1", Token); // It goes on.
        });
        Assert.Contains("not where the engine keeps", refused.Message, StringComparison.Ordinal);

        await using var memory = await HydraEngine.OpenAsync(static hydra => hydra.UseInMemory(), Token);
        Assert.Throws<NotSupportedException>(() => memory.Client.With(elsewhere));
    }

    [Fact]
    public async Task A_context_from_a_pool_tells_workers_each_time()
    {
        var options = new DbContextOptionsBuilder<ShopContext>();
        Database.Configure(options);
        var pool = new PooledDbContextFactory<ShopContext>(options.Options, poolSize: 1);
        for (var number = 0; number < 3; number++)
        {
            await using var context = await pool.CreateDbContextAsync(Token);
            var handle = await AddStartAsync(context, number, new() { Key = $"number-{number}" });
            await context.SaveChangesAsync(Token);

            Assert.Equal(number * 2, await handle.ResultAsync(Token));
        }
    }

    /// <summary>What a context has let go of it saves no more, so it must not answer who starts the same.</summary>
    [Fact]
    public async Task A_context_from_a_pool_forgets_what_it_has_not_saved()
    {
        var options = new DbContextOptionsBuilder<ShopContext>();
        Database.Configure(options);
        var pool = new PooledDbContextFactory<ShopContext>(options.Options, poolSize: 1);
        await using (var unsaved = await pool.CreateDbContextAsync(Token))
        {
            unsaved.Orders.Add(new Order { Number = "1" });
            await AddStartAsync(unsaved, 1, new() { Key = "one" });
        }

        await using var context = await pool.CreateDbContextAsync(Token);
        context.Orders.Add(new Order { Number = "1" });
        var handle = await AddStartAsync(context, 1, new() { Key = "one" });
        await context.SaveChangesAsync(Token);

        Assert.Equal(2, await handle.ResultAsync(Token));
        Assert.Equal((1, 1), await CountAsync());
    }

    [Fact]
    public async Task What_is_cleared_is_not_started_and_may_be_started_anew()
    {
        await using var context = CreateContext();
        var cleared = await AddStartAsync(context, 1, new() { Key = "one" });
        context.ChangeTracker.Clear();

        var handle = await AddStartAsync(context, 1, new() { Key = "one" });
        await context.SaveChangesAsync(Token);

        Assert.NotEqual(cleared.Id, handle.Id);
        Assert.Equal(2, await handle.ResultAsync(Token));
        Assert.Equal((0, 1), await CountAsync());
    }

    [Fact]
    public async Task What_was_rolled_back_is_started_anew_by_the_same_context()
    {
        await using var context = CreateContext();
        ExecutionHandle<int>? handle = null;
        for (var round = 0; round < 3; round++)
        {
            var commits = round == 2;
            await context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
            {
                await using var transaction = await context.Database.BeginTransactionAsync(Token);
                handle = await AddStartAsync(context, 3, new() { Key = "three" });
                await context.SaveChangesAsync(Token);
                if (commits)
                {
                    await transaction.CommitAsync(Token);
                }
            });
        }

        Assert.Equal(6, await handle!.ResultAsync(Token));
        Assert.Equal((0, 1), await CountAsync());
    }

    [Fact]
    public async Task Two_engines_that_start_in_one_context_know_of_each_other()
    {
        await using var context = CreateContext();
        var first = await AddStartAsync(context, 1, new() { Key = "one" });
        var near = Near.With(context).Workflow<int, int>("double");
        var second = await near.StartAsync(1, new() { Key = "one" }, Token);
        var third = await AddStartAsync(context, 1, new() { Key = "one" });

        await context.SaveChangesAsync(Token);

        Assert.Equal((first.Id, first.Id), (second.Id, third.Id));
        Assert.Equal(2, await third.ResultAsync(Token));
        Assert.Equal((0, 1), await CountAsync());
    }

    [Fact]
    public async Task What_is_saved_within_a_scope_runs_once_that_is_complete()
    {
        if (!Database.HasScopes)
        {
            return; // The provider takes no part in them.
        }

        await using var context = CreateContext();
        ExecutionHandle<int>? handle = null;
        await context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            using var scope = new TransactionScope(TransactionScopeAsyncFlowOption.Enabled);
            context.Orders.Add(new Order { Number = "1" });
            handle = await AddStartAsync(context, 3, new() { Key = "three" });
            await context.SaveChangesAsync(Token);
            Assert.Equal(handle.Id, (await AddStartAsync(context, 3, new() { Key = "three" })).Id);
            await context.SaveChangesAsync(Token);
            scope.Complete();
        });

        Assert.Equal(6, await handle!.ResultAsync(Token));
        Assert.Equal((1, 1), await CountAsync());
    }

    /// <summary>Reads, in the transaction that is open on a context, what is not read to its end.</summary>
    private async Task<DbDataReader> ReadAsync(ShopContext context)
    {
        await using var command = context.Database.GetDbConnection().CreateCommand();
        command.CommandText = "SELECT 1 UNION ALL SELECT 2";
        command.Transaction = context.Database.CurrentTransaction!.GetDbTransaction();
        return await command.ExecuteReaderAsync(Token);
    }

    /// <summary>Starts one with the input 1 in the transaction that is open on a context.</summary>
    private async Task<ExecutionId> TakeAsync(ShopContext context, string key, string how)
    {
        if (how.StartsWith("saved", StringComparison.Ordinal))
        {
            await using var beside = CreateContext();
            beside.Database.SetDbConnection(context.Database.GetDbConnection());
            await beside.Database.UseTransactionAsync(context.Database.CurrentTransaction!.GetDbTransaction(), Token);
            var saving = how == "saved" ? context : beside;
            var saved = await AddStartAsync(saving, 1, new() { Key = key });
            await saving.SaveChangesAsync(Token);
            return saved.Id;
        }

        var client = Client.In(context);
        var written = await client.Workflow<int, int>("double").StartAsync(1, new() { Key = key }, Token);
        if (how == "written and cancelled")
        {
            Assert.Equal(CancelOutcome.Cancelled, await client.CancelAsync(written.Id, Token));
        }

        return written.Id;
    }
}
