using System.Transactions;
using Microsoft.EntityFrameworkCore;

namespace Hydra.EntityFrameworkCore.Tests;

/// <summary>Starts and cancellations within the transaction that is open on a context.</summary>
public abstract class ContextTransactionTests(Database database) : ContextTests(database)
{
    [Fact]
    public async Task What_is_started_runs_with_what_was_saved_once_the_transaction_is_committed()
    {
        await using var context = CreateContext();
        ExecutionHandle<int>? handle = null;
        await InTransactionAsync(context, async () =>
        {
            context.Orders.Add(new Order { Number = "1" });
            handle = await StartAsync(context, 1, "one");
            await context.SaveChangesAsync(Token);
            Assert.Equal(handle.Id, (await StartAsync(context, 1, "one")).Id);
            Assert.Equal((0, 0), await CountAsync());
        });

        Assert.Equal(2, await handle!.ResultAsync(Token));
        Assert.Equal((1, 1), await CountAsync());
    }

    [Fact]
    public async Task What_is_started_within_a_transaction_that_is_not_committed_never_was()
    {
        await using var context = CreateContext();
        await context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var transaction = await context.Database.BeginTransactionAsync(Token);
            context.Orders.Add(new Order { Number = "1" });
            await StartAsync(context, 1, "one");
            await context.SaveChangesAsync(Token);
        });

        Assert.Equal((0, 0), await CountAsync());
    }

    [Fact]
    public async Task A_savepoint_of_the_context_undoes_a_start_and_a_failed_save_does_not()
    {
        await using var context = CreateContext();
        ExecutionHandle<int>? kept = null;
        await InTransactionAsync(context, async () =>
        {
            kept = await StartAsync(context, 1, "one");
            await context.Database.CurrentTransaction!.CreateSavepointAsync("mine", Token);
            await StartAsync(context, 2, "two");
            await context.Database.CurrentTransaction.RollbackToSavepointAsync("mine", Token);

            context.Orders.AddRange(new Order { Number = "1" }, new Order { Number = "1" });
            await Assert.ThrowsAsync<DbUpdateException>(() => context.SaveChangesAsync(Token));
            context.ChangeTracker.Clear();
        });

        Assert.Equal(2, await kept!.ResultAsync(Token));
        Assert.Equal((0, 1), await CountAsync());
        Assert.Equal(6, await (await Client.Workflow<int, int>("double").StartAsync(
            3, new() { Key = "two" }, Token)).ResultAsync(Token));
    }

    [Fact]
    public async Task A_cancellation_takes_effect_with_the_commit()
    {
        var sleeper = await Client.Workflow<int, Nothing>("sleep").StartAsync(1, cancellationToken: Token);
        while ((await sleeper.StatusAsync(Token)).State != ExecutionState.Sleeping)
        {
            await Task.Yield();
        }

        await using var context = CreateContext();
        await InTransactionAsync(context, async () =>
        {
            context.Orders.Add(new Order { Number = "1" });
            await context.SaveChangesAsync(Token);
            Assert.Equal(CancelOutcome.Requested, await Client.In(context).CancelAsync(sleeper.Id, Token));
            Assert.Equal(ExecutionState.Sleeping, (await sleeper.StatusAsync(Token)).State);
        });

        Assert.Equal(ExecutionState.Cancelled, await sleeper.WaitAsync(Token));
    }

    /// <summary>With a key, since a retry is a start of its own.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_transaction_that_is_retried_starts_one(bool afterCommit)
    {
        var fault = new PlantedFault(afterCommit);
        await using var strategy = CreateContext(); // Each try has a context of its own.
        ExecutionHandle<int>? handle = null;
        await strategy.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            await using var context = CreateContext(fault);
            await using var transaction = await context.Database.BeginTransactionAsync(Token);
            handle = await StartAsync(context, 4, "four");
            if (!await context.Orders.AnyAsync(order => order.Number == "4", Token))
            {
                context.Orders.Add(new Order { Number = "4" });
                await context.SaveChangesAsync(Token);
            }

            await transaction.CommitAsync(Token);
        });

        Assert.True(fault.HasStruck);
        Assert.Equal(8, await handle!.ResultAsync(Token));
        Assert.Equal((1, 1), await CountAsync());
        Assert.Equal(1, Runs);
    }

    [Fact]
    public async Task Many_are_started_together()
    {
        await using var context = CreateContext();
        IReadOnlyList<ExecutionHandle<int>> handles = [];
        await InTransactionAsync(context, async () =>
        {
            handles = await Client.In(context).Workflow<int, int>("double").StartAllAsync(
                [.. Enumerable.Range(0, 100)], number => new() { Key = $"number-{number}" }, Token);
            await context.SaveChangesAsync(Token);
        });

        Assert.Equal(
            Enumerable.Range(0, 100).Select(number => number * 2),
            await Task.WhenAll(handles.Select(handle => handle.ResultAsync(Token))));
    }

    [Fact]
    public async Task Without_a_transaction_or_on_another_database_the_call_says_what_to_do()
    {
        await using var context = CreateContext();
        var refused = Assert.Throws<InvalidOperationException>(() => Client.In(context));
        Assert.Contains("No transaction is open on the ShopContext", refused.Message, StringComparison.Ordinal);

        await using var elsewhere = Database.CreateContext(Database.UseElsewhere);
        await InTransactionAsync(elsewhere, async () =>
        {
            var other = await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(elsewhere, 1, "one"));
            Assert.Contains("not where the engine keeps", other.Message, StringComparison.Ordinal);
        });
    }

    /// <summary>Also where the context has closed its connection, as it does after each save.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_started_within_a_scope_runs_with_what_was_saved_once_that_is_complete(bool completes)
    {
        if (!Database.HasScopes)
        {
            return; // The provider takes no part in them.
        }

        await using var context = CreateContext();
        ExecutionHandle<int>? handle = null;
        await context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            using var scope = NewScope();
            context.Orders.Add(new Order { Number = "1" });
            await context.SaveChangesAsync(Token);
            handle = await StartAsync(context, 1, "one");
            Assert.Equal(handle.Id, (await StartAsync(context, 1, "one")).Id);
            if (completes)
            {
                scope.Complete();
            }
        });

        if (completes)
        {
            Assert.Equal(2, await handle!.ResultAsync(Token));
        }

        Assert.Equal(completes ? (1, 1) : (0, 0), await CountAsync());
    }

    [Fact]
    public async Task A_context_that_was_enlisted_needs_no_scope_around_it()
    {
        if (!Database.HasScopes)
        {
            return;
        }

        await using var context = CreateContext();
        using var transaction = new CommittableTransaction(
            new System.Transactions.TransactionOptions { IsolationLevel = IsolationLevel.ReadCommitted });
        await context.Database.OpenConnectionAsync(Token);
        context.Database.EnlistTransaction(transaction);

        var handle = await StartAsync(context, 1, "one");
        await Assert.ThrowsAsync<ExecutionNotFoundException>(() => handle.StatusAsync(Token));
        transaction.Commit();

        Assert.Equal(2, await handle.ResultAsync(Token));
    }

    private static TransactionScope NewScope() => new(
        TransactionScopeOption.Required,
        new System.Transactions.TransactionOptions { IsolationLevel = IsolationLevel.ReadCommitted },
        TransactionScopeAsyncFlowOption.Enabled);

    private static Task InTransactionAsync(ShopContext context, Func<Task> work) =>
        context.Database.CreateExecutionStrategy().ExecuteAsync(async () =>
        {
            var token = TestContext.Current.CancellationToken;
            await using var transaction = await context.Database.BeginTransactionAsync(token);
            await work();
            await transaction.CommitAsync(token);
        });

    private Task<ExecutionHandle<int>> StartAsync(ShopContext context, int input, string key) =>
        Client.In(context).Workflow<int, int>("double").StartAsync(input, new() { Key = key }, Token);
}
