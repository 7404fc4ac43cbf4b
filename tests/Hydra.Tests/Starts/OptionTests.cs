using Hydra.Tests.Support;

namespace Hydra.Tests.Starts;

/// <summary>Every option that is out of range is refused at once, with its name.</summary>
public class OptionTests
{
    private static readonly TimeSpan Negative = TimeSpan.FromTicks(-1);

    private static readonly Dictionary<string, StartOptions> BadStarts = new()
    {
        ["MaxAttempts"] = new() { MaxAttempts = 0 },
        ["RetryBackoff"] = new() { RetryBackoff = Negative },
        ["Timeout"] = new() { Timeout = TimeSpan.Zero },
        ["Delay"] = new() { Delay = Negative },
        ["StartOptions.Delay or StartOptions.StartAt"] = new() { Delay = TimeSpan.Zero, StartAt = World.Start },
        ["StartOptions.Priority"] = new() { Priority = (ExecutionPriority)9 },
    };

    private static readonly Dictionary<string, WorkflowOptions> BadWorkflows = new()
    {
        ["test.MaxAttempts"] = new() { MaxAttempts = 0 },
        ["test.RetryBackoff"] = new() { RetryBackoff = Negative },
        ["test.Timeout"] = new() { Timeout = TimeSpan.Zero },
        ["test.StepTimeout"] = new() { StepTimeout = Negative },
        ["test.StepRetry.MaxAttempts"] = new() { StepRetry = new() { MaxAttempts = 0 } },
        ["test.StepRetry.Backoff"] = new() { StepRetry = new() { Backoff = Negative } },
        ["test.StepRetry.MaxBackoff"] = new() { StepRetry = new() { MaxBackoff = TimeSpan.Zero } },
        ["test.StepRetry.Jitter"] = new() { StepRetry = new() { Jitter = double.NaN } },
        ["name of a workflow"] = new() { Aliases = ["a#b"] },
        ["'test' is registered already"] = new() { Aliases = ["test"] },
    };

    private static readonly Dictionary<string, WorkerOptions> BadWorkers = new()
    {
        ["WorkerId"] = new() { WorkerId = "" },
        ["Concurrency"] = new() { Concurrency = 0 },
        ["(Parameter 'Concurrency')"] = new() { Concurrency = Limits.MaxConcurrency + 1 },
        ["PollInterval"] = new() { PollInterval = TimeSpan.Zero },
        ["HeartbeatInterval"] = new() { HeartbeatInterval = TimeSpan.Zero },
        ["ClaimTimeout"] = new() { ClaimTimeout = TimeSpan.MaxValue },
        ["ShutdownGrace"] = new() { ShutdownGrace = Negative },
        ["(Parameter 'ShutdownGrace')"] = new() { ShutdownGrace = TimeSpan.MaxValue },
        ["HeartbeatInterval (00:00:06) must be at most a third of ClaimTimeout"] = new()
        {
            HeartbeatInterval = TimeSpan.FromSeconds(6),
        },
        ["Build"] = new() { Build = "a\nb" },
    };

    private static readonly Dictionary<string, Action<HydraBuilder>> BadEngines = new()
    {
        ["Namespace"] = hydra => hydra.Namespace = " ",
        ["ClientPatience"] = hydra => hydra.ClientPatience = Negative,
        ["Defaults.MaxAttempts"] = hydra => hydra.Defaults = new() { MaxAttempts = -1 },
        ["Defaults.Aliases"] = hydra => hydra.Defaults = new() { Aliases = ["earlier"] },
        ["'Defaults'"] = hydra => hydra.Defaults = null!,
        ["'Limits'"] = hydra => hydra.Limits = null!,
        ["'TimeProvider'"] = hydra => hydra.TimeProvider = null!,
        ["'LoggerFactory'"] = hydra => hydra.LoggerFactory = null!,
        ["'Services'"] = hydra => hydra.Services = null!,
        ["PayloadBytes (600,000,000) is more than the store 'memory' takes"] = hydra =>
        {
            hydra.Limits = new() { PayloadBytes = 600_000_000, JournalBytes = 600_000_000 };
            hydra.AddWorkflow<int, int>("test", static (_, input) => Task.FromResult(input));
            hydra.AddWorker();
        },
        ["PayloadBytes"] = hydra => hydra.Limits = new() { PayloadBytes = 1 },
        ["PayloadWarningBytes"] = hydra => hydra.Limits = new() { PayloadWarningBytes = 0 },
        ["OutstandingCalls"] = hydra => hydra.Limits = new() { OutstandingCalls = 0 },
        ["A worker needs workflows"] = hydra => hydra.AddWorker(),
    };

    public static TheoryData<string> Starts => [.. BadStarts.Keys];

    public static TheoryData<string> Workflows => [.. BadWorkflows.Keys];

    public static TheoryData<string> Workers => [.. BadWorkers.Keys];

    public static TheoryData<string> Engines => [.. BadEngines.Keys];

    [Theory]
    [MemberData(nameof(Starts))]
    public async Task A_bad_option_of_a_start_is_named(string name)
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);

        var thrown = await Assert.ThrowsAnyAsync<ArgumentException>(
            () => client.Workflow<int, int>("test").StartAsync(1, BadStarts[name]));

        Assert.Contains(name, thrown.Message, StringComparison.Ordinal);
        Assert.Empty(await client.ListAsync());
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public async Task A_bad_option_of_a_workflow_is_named(string name)
    {
        var thrown = await Assert.ThrowsAnyAsync<ArgumentException>(() => HydraEngine.OpenAsync(hydra => hydra
            .UseInMemory()
            .AddWorkflow("test", (WorkflowContext _, int number) => Task.FromResult(number), BadWorkflows[name])));

        Assert.Contains(name, thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Workers))]
    public async Task A_bad_option_of_a_worker_is_named(string name)
    {
        var thrown = await Assert.ThrowsAnyAsync<ArgumentException>(() => HydraEngine.OpenAsync(hydra => hydra
            .UseInMemory()
            .AddWorkflow("test", (WorkflowContext _, int number) => Task.FromResult(number))
            .AddWorker(_ => BadWorkers[name])));

        Assert.Contains(name, thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task A_bad_option_of_an_engine_is_named(string name)
    {
        var thrown = await Assert.ThrowsAnyAsync<ArgumentException>(() => HydraEngine.OpenAsync(hydra =>
        {
            hydra.UseInMemory();
            BadEngines[name](hydra);
        }));

        Assert.Contains(name, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_without_a_store_says_what_to_call()
    {
        var thrown = await Assert.ThrowsAsync<ArgumentException>(() => HydraEngine.OpenAsync(_ => { }));

        Assert.Contains("UseSqlite, UsePostgreSql, UseMySql, UseInMemory", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_worker_or_a_second_workflow_of_a_name_is_refused()
    {
        var messages = new List<string>();
        await using var hydra = await HydraEngine.OpenAsync(hydra =>
        {
            hydra.UseInMemory().AddWorkflow<Plain>().AddWorker();
            hydra.AddWorkflow<int, int>("test", Run, new() { Aliases = ["alias"] });
            messages.Add(Assert.Throws<ArgumentException>(() => hydra.AddWorker()).Message);
            messages.Add(Assert.Throws<ArgumentException>(() => hydra.AddWorkflow<int, int>("test", Run)).Message);
            messages.Add(Assert.Throws<ArgumentException>(() => hydra.AddWorkflow<int, int>("alias", Run)).Message);
            messages.Add(Assert.Throws<ArgumentException>(() => hydra.AddWorkflow<Plain>("again")).Message);
        });

        Assert.Equal(
            [
                "This engine has a worker already; raise its Concurrency instead.",
                "A workflow named 'test' is registered already.",
                "A workflow named 'alias' is registered already.",
                "Plain is registered already, as 'plain'.",
            ],
            messages);

        static Task<int> Run(WorkflowContext context, int number) => Task.FromResult(number);
    }

    [Fact]
    public async Task A_class_that_is_not_registered_is_refused_with_those_that_are()
    {
        await using var world = new World();
        var client = await world.OpenAsync((WorkflowContext _, int number) => Task.FromResult(number));

        var thrown = Assert.Throws<UnknownWorkflowException>(() => client.Workflow<Plain>());

        Assert.Equal("plain", thrown.Workflow);
        Assert.Contains("Registered: test.", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Types_that_a_workflow_of_this_process_does_not_have_are_refused_at_once_with_both()
    {
        await using var world = new World();
        var client = await world.OpenAsync((WorkflowContext _, int number) => Task.FromResult(number));

        var input = Assert.Throws<ArgumentException>(() => client.Workflow<string, int>("test"));
        var output = Assert.Throws<ArgumentException>(() => client.Workflow<int, string>("test"));

        Assert.Contains(
            "takes System.Int32 and gives System.Int32, but it was asked for with System.String and System.Int32",
            input.Message,
            StringComparison.Ordinal);
        Assert.Contains("with System.Int32 and System.String", output.Message, StringComparison.Ordinal);
        Assert.NotNull(client.Workflow<int, object>("test"));
        Assert.NotNull(client.Workflow<string, string>("elsewhere"));
    }

    [Fact]
    public async Task A_store_is_given_the_namespace_the_clock_and_the_loggers_of_its_engine()
    {
        await using var world = new World();
        StoreSetup? given = null;

        await world.OpenAsync(
            hydra =>
            {
                hydra.Namespace = "shop";
                hydra.UseStore(setup =>
                {
                    given = setup;
                    return new InMemoryWorkflowStore(world.Database, setup.Namespace);
                });
            },
            worker: null);

        Assert.Equal(new StoreSetup("shop", world.Clock, world.Log), given);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1_001)]
    public async Task A_list_has_one_to_a_thousand_rows(int limit)
    {
        await using var world = new World();
        var client = await world.OpenAsync(_ => { }, worker: null);

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.ListAsync(new() { Limit = limit }));
    }

    public sealed class Plain : IWorkflow<int>
    {
        public Task RunAsync(WorkflowContext context, int input) => Task.CompletedTask;
    }
}
