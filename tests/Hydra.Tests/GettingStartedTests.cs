namespace Hydra.Tests;

/// <summary>What a user types first, and nothing of these tests' own: the system's clock, the thread pool.</summary>
public class GettingStartedTests
{
    public sealed record UserRegistration(string UserId, string Email, string Name);

    public sealed record EmailRequest(string To, string Subject, string Body);

    public sealed record EmailReceipt(string MessageId);

    public sealed record OnboardingResult(string WelcomeId, string FollowUpId);

    public sealed class UserOnboarding : IWorkflow<UserRegistration, OnboardingResult>
    {
        public async Task<OnboardingResult> RunAsync(WorkflowContext context, UserRegistration user)
        {
            var welcome = await context.StepAsync("send-welcome-email",
                new EmailRequest(user.Email, "Welcome!", $"Hello {user.Name}, welcome aboard!"), SendAsync);

            await context.SleepAsync(TimeSpan.FromMilliseconds(30));

            var followUp = await context.StepAsync("send-followup-email",
                new EmailRequest(user.Email, "Getting started", "..."), SendAsync);
            return new OnboardingResult(welcome.MessageId, followUp.MessageId);
        }

        private static async Task<EmailReceipt> SendAsync(EmailRequest email, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return new EmailReceipt($"{email.Subject} to {email.To}");
        }
    }

    [Fact]
    public async Task A_workflow_class_runs_without_a_host()
    {
        await using var hydra = await HydraEngine.OpenAsync(
            builder => builder.UseInMemory().AddWorkflow<UserOnboarding>().AddWorker(),
            TestContext.Current.CancellationToken);

        var handle = await hydra.Client.Workflow<UserOnboarding>().StartAsync(
            new UserRegistration("7", "ada@example.org", "Ada"),
            new() { Key = "onboard-7", MaxAttempts = 5, Timeout = TimeSpan.FromHours(48) },
            TestContext.Current.CancellationToken);
        OnboardingResult result = await handle.ResultAsync(TestContext.Current.CancellationToken);

        Assert.Equal("Welcome! to ada@example.org", result.WelcomeId);
        Assert.Equal("Getting started to ada@example.org", result.FollowUpId);
    }

    [Fact]
    public async Task A_function_runs_by_its_name()
    {
        await using var hydra = await HydraEngine.OpenAsync(
            builder => builder
                .UseInMemory()
                .AddWorkflow("double", async (WorkflowContext context, int number) =>
                    await context.StepAsync("multiply", number, (value, _) => Task.FromResult(2 * value)))
                .AddWorker(worker => worker with { Concurrency = 4 }),
            TestContext.Current.CancellationToken);

        var handle = await hydra.Client.Workflow<int, int>("double").StartAsync(
            21, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(42, await handle.ResultAsync(TestContext.Current.CancellationToken));
    }
}
