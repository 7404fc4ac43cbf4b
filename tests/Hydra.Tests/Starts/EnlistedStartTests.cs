using System.Data;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using Hydra.Tests.Support;

namespace Hydra.Tests.Starts;

public class EnlistedStartTests
{
    [Fact]
    public async Task A_store_in_memory_has_no_transactions_to_start_in()
    {
        await using var world = new World();
        var client = await world.OpenAsync((WorkflowContext _, int number) => Task.FromResult(number));

        var refused = Assert.Throws<NotSupportedException>(() => client.In(new NoTransaction()));

        Assert.Contains("memory", refused.Message, StringComparison.Ordinal);
        Assert.Throws<NotSupportedException>(() => client.In(new NoConnection()));
    }

    [Fact]
    public async Task Several_are_started_each_for_itself()
    {
        await using var world = new World();
        var client = await world.OpenAsync((WorkflowContext _, int number) => Task.FromResult(number));

        var handles = await client.Workflow<int, int>("test").StartAllAsync(
            [1, 2, 3],
            number => number == 2 ? new() { Key = "two" } : null,
            TestContext.Current.CancellationToken);
        var results = new List<int>();
        foreach (var handle in handles)
        {
            results.Add(await world.Until(handle.ResultAsync(TestContext.Current.CancellationToken)));
        }

        Assert.Equal([1, 2, 3], results);
    }

    private sealed class NoConnection : DbConnection
    {
        [AllowNull]
        public override string ConnectionString { get; set; } = "";

        public override string Database => "";

        public override string DataSource => "";

        public override string ServerVersion => "";

        public override ConnectionState State => ConnectionState.Closed;

        public override void ChangeDatabase(string databaseName)
        {
        }

        public override void Close()
        {
        }

        public override void Open()
        {
        }

        protected override DbTransaction BeginDbTransaction(IsolationLevel isolationLevel) => new NoTransaction();

        protected override DbCommand CreateDbCommand() => throw new NotSupportedException();
    }

    private sealed class NoTransaction : DbTransaction
    {
        public override IsolationLevel IsolationLevel => IsolationLevel.Unspecified;

        protected override DbConnection? DbConnection => null;

        public override void Commit()
        {
        }

        public override void Rollback()
        {
        }
    }
}
