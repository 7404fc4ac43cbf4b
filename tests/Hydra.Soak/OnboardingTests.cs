using System.Text.Json;
using Hydra.Soak.Support;

namespace Hydra.Soak;

/// <summary>The sample that the documentation begins with: what it promises holds for real processes.</summary>
public class OnboardingTests : SceneTest
{
    private const string Followup = "2s";

    private string Database => Path.Combine(Scene.Root, "onboarding.db");

    private string Outbox => Path.Combine(Scene.Root, "outbox.jsonl");

    [Fact]
    public async Task It_shows_its_steps_and_its_result()
    {
        var sample = Scene.StartOnboarding("--follow-up-after", "100ms");

        Assert.Equal(0, await sample.ExitAsync());
        Assert.Contains("send-welcome-email is recorded", sample.Output);
        Assert.Contains("send-followup-email is recorded", sample.Output);
        Assert.Contains("WelcomeMessageId = msg-1, FollowUpMessageId = msg-2", sample.Output);
        Assert.Equal(["send-welcome-email", "send-followup-email"], MailedSteps());
    }

    [Fact]
    public async Task Killed_after_the_first_mail_it_goes_on_and_sends_no_mail_twice()
    {
        var killed = Scene.StartOnboarding("--follow-up-after", Followup);
        await Eventually.HoldsAsync("The first mail is sent", () => IsMailed("send-welcome-email"));
        killed.Kill();
        await killed.ExitAsync();

        var second = Scene.StartOnboarding("--follow-up-after", Followup);

        Assert.Equal(0, await second.ExitAsync());
        Assert.Contains("Continuing", second.Output);
        Assert.Equal(["send-welcome-email", "send-followup-email"], MailedSteps());
    }

    [Fact]
    public async Task Interrupted_it_hands_its_work_back_and_goes_on_when_it_is_run_again()
    {
        var interrupted = Scene.StartOnboarding("--follow-up-after", Followup);
        await Eventually.HoldsAsync("It sleeps", () => interrupted.Output.Contains("sleeping until"));
        interrupted.Signal(UnixSignal.Interrupt);
        Assert.Equal(130, await interrupted.ExitAsync());

        var second = Scene.StartOnboarding("--follow-up-after", "24h"); // Too late to change: it is part of the input.

        Assert.Equal(0, await second.ExitAsync());
        Assert.Contains("Continuing", second.Output);
        Assert.Equal(["send-welcome-email", "send-followup-email"], MailedSteps());
    }

    [Fact]
    public async Task Run_after_its_end_it_has_the_same_result_and_on_demand_another()
    {
        var first = Scene.StartOnboarding("--follow-up-after", "10ms");
        await first.ExitAsync();

        var second = Scene.StartOnboarding();
        Assert.Equal(0, await second.ExitAsync());
        var again = Scene.StartOnboarding("--again", "--follow-up-after", "10ms");
        Assert.Equal(0, await again.ExitAsync());

        Assert.Contains("onboarded already", second.Output);
        Assert.Equal(Result(first), Result(second));
        Assert.Contains("WelcomeMessageId = msg-3, FollowUpMessageId = msg-4", Result(again));
    }

    [Fact]
    public async Task What_it_cannot_understand_it_says()
    {
        var sample = Scene.StartOnboarding("--follow-up-after", "soon");

        Assert.Equal(2, await sample.ExitAsync());
        Assert.Contains("'soon' is no duration", sample.Error);
        Assert.False(File.Exists(Database));
    }

    private static string Result(ProgramProcess sample) =>
        sample.Output.Split('\n').Single(line => line.StartsWith("Onboarded:", StringComparison.Ordinal));

    private bool IsMailed(string step)
    {
        try
        {
            return MailedSteps().Contains(step);
        }
        catch (IOException)
        {
            return false; // Not there yet, or the sample has it open just now.
        }
    }

    private List<string> MailedSteps() =>
    [
        .. File.ReadLines(Outbox)
            .Select(line => JsonElement.Parse(line).GetProperty("key").GetString()!.Split('/')[1]),
    ];
}
