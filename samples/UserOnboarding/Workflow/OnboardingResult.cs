namespace Onboarding;

/// <summary>The mails that an onboarding has sent.</summary>
public sealed record OnboardingResult(string WelcomeMessageId, string FollowUpMessageId);
