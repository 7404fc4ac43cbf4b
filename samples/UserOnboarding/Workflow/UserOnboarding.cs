using Hydra;

namespace Onboarding;

/// <summary>Greets a new user, waits a day, and writes again.</summary>
public sealed class UserOnboarding(IEmailSender email) : IWorkflow<UserRegistration, OnboardingResult>
{
    public async Task<OnboardingResult> RunAsync(WorkflowContext context, UserRegistration user)
    {
        var welcome = await context.StepAsync(
            "send-welcome-email",
            new EmailRequest(user.Email, "Welcome to our platform!", $"Hello {user.Name}, welcome aboard!"),
            email.SendAsync);

        await context.SleepAsync(user.FollowUpAfter);

        var followUp = await context.StepAsync(
            "send-followup-email",
            new EmailRequest(user.Email, "Getting started guide", "Here's how to get the most out of our platform..."),
            email.SendAsync);

        return new OnboardingResult(welcome.MessageId, followUp.MessageId);
    }
}
